-- Tells those who listen that a queue has events, when this transaction commits. A log alone wants no notification.
-- Notifies   event
create or replace function _notify_listeners(p_queue_id integer) returns void
language plpgsql as $$
begin
  if exists (select from event_listener l where l.queue_id = p_queue_id and l.process_id is not null) then
    perform pg_notify(_channel('event', p_queue_id), '');
  end if;
end;
$$;
