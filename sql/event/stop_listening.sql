-- Ends listen_to_events.
-- Called by  Store.stopListening (QueueEvents.close)
-- Writes     event_listener
create or replace function stop_listening(p_queue_id integer, p_listener_id bigint) returns void
language plpgsql set search_path from current as $$
begin
  delete from event_listener l where l.queue_id = p_queue_id and l.id = p_listener_id;
end;
$$;
