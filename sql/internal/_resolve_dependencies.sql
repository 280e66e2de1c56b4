-- Books completed children on their parents, as _tell_parents does all that end: columns of their ids, of their parents, null for a job
-- without one, and of what they returned. Most parents have other children to wait for: those are counted here, and that is all.
-- Called by  _complete_jobs, which holds the locks on the parents that the jobs had when they were claimed
-- Writes     dependency; as _change_parents
-- Locks      parents that are new since, in order of key
create or replace function _resolve_dependencies(
  p_queue_id integer, p_ids text[], p_parent_queue_ids integer[], p_parent_ids text[], p_values text[]
) returns void
language plpgsql as $$
declare
  v_changes parent_change[];
begin
  with resolved as (
    update dependency d
    set status = 'completed', value = c.value::json
    from (select p_queue_id as queue_id, o.*
          from unnest(p_ids, p_parent_queue_ids, p_parent_ids, p_values) o(id, parent_queue_id, parent_id, value)
          where o.parent_id is not null
          offset 0) c
    where d.parent_id = any (array[c.parent_id]) and d.parent_queue_id = c.parent_queue_id
      and d.child_id = c.id and d.child_queue_id = c.queue_id
      and d.status = 'pending'
    returning d.parent_queue_id, d.parent_id
  ), change as (
    select r.parent_queue_id as queue_id, r.parent_id as id, count(*)::integer as count
    from resolved r
    group by r.parent_queue_id, r.parent_id
    order by r.parent_queue_id, r.parent_id
  ), counted as (
    update job_state s
    set pending_children = s.pending_children - c.count
    from change c
    where s.queue_id = c.queue_id and s.id = any (array[c.id])
      and s.status = 'waiting-children' and s.pending_children > c.count
    returning s.queue_id, s.id
  )
  select array_agg(row(c.queue_id, c.id, -c.count, 0, null, false)::parent_change)
  into v_changes
  from change c
  where not exists (select from counted d where d.queue_id = c.queue_id and d.id = c.id);

  if v_changes is not null then
    perform _change_parents(v_changes);
  end if;
end;
$$;
