-- Trims the events of queues whose log is kept, where nobody may be there who reads and trims. Those that are being read
-- or trimmed at the moment are left alone.
-- Called by  heartbeat, now and then
-- Writes     as trim_events
-- Locks      advisory: the events of the queues, tried
create or replace function _trim_logs() returns void
language plpgsql as $$
begin
  perform trim_events(l.queue_id, null)
  from event_listener l
  where l.process_id is null and pg_try_advisory_xact_lock(_lock_key('event', l.queue_id));
end;
$$;
