-- The keys of queues, <prefix>:<queue>, as a JSON object by id. They never change.
-- Called by  JobStore.queueKeysOf (for the parents of claimed jobs, and the children of a job)
create or replace function get_queue_keys(p_queue_ids integer[]) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select coalesce(json_object_agg(q.id, q.prefix || ':' || q.name), '{}')
    from queue q
    where q.id = any(p_queue_ids));
end;
$$;
