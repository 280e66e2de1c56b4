-- A flow from one of its jobs down: select * from tuskmq.flow_tree('orders', '42').
-- p_queue is a queue's name (prefix 'bull') or <prefix>:<name>. Children that were removed stand with
-- what they left: state null.
create or replace function flow_tree(p_queue text, p_id text)
returns table (
  depth integer, tree text, queue text, id text, name text, state text, as_child text, pending_children integer,
  return_value json, failed_reason text
)
language plpgsql stable set search_path from current as $$
begin
  return query
    with recursive node as (
      select 0 as depth, q.id as queue_id, q.name as queue, p_id collate "C" as id,
             null::text as as_child, null::json as value, null::text as reason,
             array[row(q.name collate "C", q.id, p_id collate "C")::text collate "C"] as path
      from queue q
      where q.name = _queue_name(p_queue) and q.prefix = _queue_prefix(p_queue)
        and exists (select from job r where r.queue_id = q.id and r.id = p_id)
      union all
      select n.depth + 1, d.child_queue_id, q.name, d.child_id,
             d.status::text, d.value, d.reason,
             n.path || row(q.name collate "C", q.id, d.child_id)::text collate "C"
      from node n
      join dependency d on d.parent_queue_id = n.queue_id and d.parent_id = n.id
      join queue q on q.id = d.child_queue_id
      where not (row(q.name collate "C", q.id, d.child_id)::text collate "C" = any(n.path))
    )
    select n.depth, repeat('  ', n.depth) || coalesce(j.name, '(removed)'), n.queue, n.id::text, j.name,
           _state(s.status, s.priority), n.as_child, s.pending_children, coalesce(s.return_value, n.value),
           coalesce(s.failed_reason, n.reason)
    from node n
    left join job_state s on s.queue_id = n.queue_id and s.id = n.id
    left join job j on j.queue_id = n.queue_id and j.id = n.id
    order by n.path;
end;
$$;
