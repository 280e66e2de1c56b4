-- Removes the events of a queue when they come from another cluster, by dump and restore. Transactions are numbered
-- anew here: the snapshots of the dump would hide new events for a long time.
-- Called by  listen_to_events
-- Writes     event, event_window
-- Locks      advisory: the events of the queue, when there are such
create or replace function _forget_foreign_events(p_queue_id integer) returns void
language plpgsql as $$
begin
  if pg_snapshot_xmax(_snapshot_before(p_queue_id, 9223372036854775807)) > pg_snapshot_xmax(pg_current_snapshot()) then
    perform pg_advisory_xact_lock(_lock_key('event', p_queue_id));
    delete from event e where e.queue_id = p_queue_id;
    delete from event_window w where w.queue_id = p_queue_id;
  end if;
end;
$$;
