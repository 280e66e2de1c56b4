-- Keeps about the last p_max events of a queue. Returns how many were removed.
-- Called by  Store.trimEvents (QueueEvents, Queue.trimEvents)
-- Writes     event
create or replace function trim_events(p_queue_id integer, p_max integer) returns integer
language plpgsql set search_path from current as $$
declare
  v_count integer;
begin
  delete from event e
  where e.queue_id = p_queue_id
    and e.id <= (select o.id from event o where o.queue_id = p_queue_id order by o.id desc offset p_max limit 1);
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
