-- Publishes an event of the application on a queue; it reaches those who listen.
-- Called by  Store.publishEvent (QueueEventsProducer); applications
-- Writes     event
-- Notifies   event
create or replace function publish_event(p_queue_id integer, p_name text, p_payload json) returns void
language plpgsql set search_path from current as $$
begin
  perform _publish(p_queue_id, p_name, p_payload->>'jobId', p_payload);
end;
$$;
