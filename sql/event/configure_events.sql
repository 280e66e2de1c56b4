-- Sets how many events of a queue are kept, and whether they are written although nobody listens. What is null stays
-- as it is.
-- Called by  Store.configureEvents (Queue, with the option streams.events)
-- Writes     queue, event_listener
create or replace function configure_events(p_queue_id integer, p_max integer, p_log boolean) returns void
language plpgsql set search_path from current as $$
begin
  update queue q set max_events = p_max where q.id = p_queue_id and q.max_events is distinct from coalesce(p_max, q.max_events);
  if p_log then
    insert into event_listener (queue_id) values (p_queue_id) on conflict (queue_id) where process_id is null do nothing;
  elsif not p_log then
    delete from event_listener l where l.queue_id = p_queue_id and l.process_id is null;
  end if;
end;
$$;
