-- Detaches a job from its parent, which waits for it no longer.
-- Outcomes: ok, not_pending (it was no pending child any more), missing, no_parent, parent_missing.
--
-- Called by  Store.removeDependency (Job.removeChildDependency)
-- Writes     dependency, job_state (both), event
-- Locks      the parent, then the job
-- Notifies   wake, event
create or replace function remove_dependency(p_queue_id integer, p_id text) returns text
language plpgsql set search_path from current as $$
declare
  v_child job_state;
begin
  perform _lock_parents_of(p_queue_id, array[p_id]);
  select * into v_child from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  if v_child.id is null then
    return 'missing';
  elsif v_child.parent_id is null then
    return 'no_parent';
  elsif not exists (select from job_state p
                    where p.queue_id = v_child.parent_queue_id and p.id = v_child.parent_id) then
    return 'parent_missing';
  end if;
  delete from dependency d
  where d.parent_queue_id = v_child.parent_queue_id and d.parent_id = v_child.parent_id
    and d.child_queue_id = p_queue_id and d.child_id = p_id and d.status = 'pending';
  if not found then
    return 'not_pending';
  end if;
  update job_state s set parent_queue_id = null, parent_id = null where s.queue_id = p_queue_id and s.id = p_id;
  perform _change_parents(array[row(v_child.parent_queue_id, v_child.parent_id, -1, 0, null, false)::parent_change]);
  return 'ok';
end;
$$;
