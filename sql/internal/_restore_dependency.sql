-- Makes a finished child that will run again a pending child of its parent, whatever that does meanwhile: it has not
-- completed with a child that is pending, and a parent that failed for the child can be retried when it is done.
-- Called by  retry_job, which holds the lock on the parent
-- Writes     dependency, job_state (the parent)
create or replace function _restore_dependency(p_child job_state) returns void
language plpgsql as $$
declare
  v_was dependency_status;
begin
  select d.status into v_was from dependency d
  where d.parent_queue_id = p_child.parent_queue_id and d.parent_id = p_child.parent_id
    and d.child_queue_id = p_child.queue_id and d.child_id = p_child.id;
  if v_was is null or v_was = 'pending' or not exists (
       select from job_state p
       where p.queue_id = p_child.parent_queue_id and p.id = p_child.parent_id) then
    return;
  end if;
  update dependency d set status = 'pending', value = null, reason = null
  where d.parent_queue_id = p_child.parent_queue_id and d.parent_id = p_child.parent_id
    and d.child_queue_id = p_child.queue_id and d.child_id = p_child.id;
  perform _change_parents(array[row(p_child.parent_queue_id, p_child.parent_id, 1,
                                    case when v_was = 'failed' then -1 else 0 end, null, false)::parent_change]);
end;
$$;
