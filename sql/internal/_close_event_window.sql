-- Closes the window of what became visible since the last one, if there is anything. The lock makes each snapshot later
-- than the one before; it lasts until the commit, since only then others see the window.
-- Called by  read_events, listen_to_events, trim_events
-- Writes     event_window
-- Locks      advisory: the events of the queue, if there is anything new
create or replace function _close_event_window(p_queue_id integer) returns void
language plpgsql as $$
declare
  v_last  bigint;
  v_since pg_snapshot;
begin
  v_since := _snapshot_before(p_queue_id, 9223372036854775807);
  if not exists (
    select from event e
    where e.queue_id = p_queue_id and (e.xid >= pg_snapshot_xmax(v_since) or e.xid = any(array(select pg_snapshot_xip(v_since)))))
  then
    return;
  end if;
  perform pg_advisory_xact_lock(_lock_key('event', p_queue_id));
  v_last := (select max(w.number) from event_window w where w.queue_id = p_queue_id);
  v_since := _snapshot_before(p_queue_id, 9223372036854775807);
  -- Snapshot and count are of one statement, and so of the same events.
  insert into event_window (queue_id, number, snapshot, event_count)
  select p_queue_id, greatest(v_last + 1, _epoch_ms(_now())), pg_current_snapshot(), count(*)
  from event e
  where e.queue_id = p_queue_id and (e.xid >= pg_snapshot_xmax(v_since) or e.xid = any(array(select pg_snapshot_xip(v_since))))
  having count(*) > 0;
end;
$$;
