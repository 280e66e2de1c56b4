-- Removes the children of a job that have not been run, with all beneath them but what has finished. Those that are active, or have
-- somebody active beneath them, stay. Returns how many were removed.
--
-- Called by  Store.removeUnprocessedChildren (Job.removeUnprocessedChildren)
-- Writes     as _remove_family
-- Locks      the job, then each child as _remove_family
-- Notifies   wake, event
create or replace function remove_unprocessed_children(p_queue_id integer, p_id text) returns integer
language plpgsql set search_path from current as $$
begin
  perform from job_state p where p.queue_id = p_queue_id and p.id = p_id for update;
  return (
    select count(*)
    from (select d.child_queue_id, d.child_id from dependency d
          where d.parent_queue_id = p_queue_id and d.parent_id = p_id and d.status = 'pending'
          order by d.child_queue_id, d.child_id) d
    join job_state s on s.queue_id = d.child_queue_id and s.id = any (array[d.child_id])
    -- In a `case`, or the planner has jobs removed before it knows whether they are finished.
    where case when s.finished_at is null then _remove_family(d.child_queue_id, d.child_id, true, true) = 'ok' end);
end;
$$;
