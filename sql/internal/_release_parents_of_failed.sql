-- Lets parents wait no longer for failed children that are about to be removed, and returns the ids of those that
-- can be: all but children whose parent is locked. Parents come before children in the lock order; here the
-- children are locked already, so nobody is waited for.
--
-- Called by  _apply_retention
-- Writes     dependency, job_state (parents), event
-- Locks      the parents, skip locked
-- Notifies   wake, event
create or replace function _release_parents_of_failed(p_queue_id integer, p_ids text[]) returns text[]
language plpgsql as $$
declare
  v_awaited record;
  v_ids     text[] := p_ids;
begin
  for v_awaited in
    select s.id, s.parent_queue_id, s.parent_id
    from job_state s
    join dependency d on d.parent_queue_id = s.parent_queue_id and d.parent_id = s.parent_id
                     and d.child_queue_id = p_queue_id and d.child_id = s.id and d.status = 'pending'
    where s.queue_id = p_queue_id and s.id = any(p_ids)
    order by s.parent_queue_id, s.parent_id, s.id
  loop
    perform from job_state p
    where p.queue_id = v_awaited.parent_queue_id and p.id = v_awaited.parent_id
    for update skip locked;
    if not found then
      v_ids := array_remove(v_ids, v_awaited.id);
      continue;
    end if;
    delete from dependency d
    where d.parent_queue_id = v_awaited.parent_queue_id and d.parent_id = v_awaited.parent_id
      and d.child_queue_id = p_queue_id and d.child_id = v_awaited.id;
    perform _change_parents(array[
      row(v_awaited.parent_queue_id, v_awaited.parent_id, -1, 0, null, false)::parent_change]);
  end loop;
  return v_ids;
end;
$$;
