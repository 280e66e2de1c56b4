-- The snapshot at which a window of events begins. Nothing is visible in that of the first one: what was in windows
-- before it is removed.
create or replace function _snapshot_before(p_queue_id integer, p_number bigint) returns pg_snapshot
language plpgsql stable as $$
begin
  return coalesce(
    (select w.snapshot from event_window w where w.queue_id = p_queue_id and w.number < p_number order by w.number desc limit 1), '1:1:');
end;
$$;
