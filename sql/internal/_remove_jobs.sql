-- Removes jobs of one queue for good. What waited for them as pending children waits no longer. With p_takes_parents a
-- parent in the same queue that waited for nothing else goes with its last child: nobody emptied the queue to have it run.
-- Called by  _remove_family, drain_queue, clean_jobs, obliterate_queue, remove_scheduler, _deduplicate; they hold the locks on parents
--            (all above, with p_takes_parents) and jobs
-- Writes     job_state, job, job_log, dependency, deduplication, event
-- Notifies   wake, event
create or replace function _remove_jobs(p_queue_id integer, p_ids text[], p_takes_parents boolean) returns void
language plpgsql as $$
declare
  v_changes    parent_change[];
  v_parent_ids text[] := '{}';
begin
  with removed as (
    delete from job_state s
    where s.queue_id = p_queue_id and s.id = any(p_ids)
    returning s.id, s.status, s.priority, s.parent_queue_id, s.parent_id
  ), dropped as (
    delete from dependency d
    using removed r
    where d.parent_id = any (array[r.parent_id]) and d.parent_queue_id = r.parent_queue_id
      and d.child_id = r.id and d.child_queue_id = p_queue_id
      and d.status = 'pending'
    returning d.parent_queue_id, d.parent_id
  ), published as (
    insert into event (queue_id, name, job_id, payload, created_at)
    select p_queue_id, 'removed', r.id,
           json_build_object('jobId', r.id, 'prev', case _state(r.status, r.priority) when 'waiting' then 'wait' else _state(r.status, r.priority) end),
           _now()
    from removed r
    where _is_listened_to(p_queue_id)
  )
  select array_agg(row(d.parent_queue_id, d.parent_id, -d.count, 0, null, false)::parent_change) into v_changes
  from (select d.parent_queue_id, d.parent_id, count(*)::integer as count from dropped d group by d.parent_queue_id, d.parent_id) d;
  if _is_listened_to(p_queue_id) then
    perform _notify_listeners(p_queue_id);
  end if;
  -- `+ 0`, or a plan may come by the queue, through all of its ids.
  delete from deduplication d where d.job_id = any(p_ids) and d.queue_id + 0 = p_queue_id;
  perform _delete_rows_of_jobs(p_queue_id, p_ids);
  if p_takes_parents then
    v_parent_ids := array(
      select p.id
      from unnest(v_changes) c
      join job_state p on p.queue_id = c.queue_id and p.id = any (array[c.id])
      where c.queue_id = p_queue_id and p.status = 'waiting-children' and p.pending_children + c.pending <= 0);
  end if;
  perform _change_parents(array(select c from unnest(v_changes) c where c.queue_id <> p_queue_id or c.id <> all (v_parent_ids)));
  if v_parent_ids <> '{}' then
    perform _remove_jobs(p_queue_id, v_parent_ids, true);
  end if;
end;
$$;
