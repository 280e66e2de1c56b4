-- Removes a job with its logs, and with p_with_children what was ever its child, all the way down; with p_spares_finished not what has
-- finished, and what is beneath that. A parent that waits for it waits no longer. Outcomes: ok, missing, locked (one of them is
-- active, and its lock holds: nothing is removed), scheduled (it keeps a scheduler going: remove that).
--
-- Called by  remove_job, remove_unprocessed_children
-- Writes     job_state, job, job_log, dependency, event
-- Locks      the parent, then the jobs in order of key
-- Notifies   wake, event
create or replace function _remove_family(
  p_queue_id integer, p_id text, p_with_children boolean, p_spares_finished boolean
) returns text
language plpgsql as $$
declare
  v_child_queue_ids integer[];
  v_child_ids       text[];
begin
  perform _lock_parents_of(p_queue_id, array[p_id]);
  perform from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  if not found then
    return 'missing';
  end if;
  if exists (select from job_state s where s.queue_id = p_queue_id and s.id = p_id and _is_current_iteration(s)) then
    return 'scheduled';
  end if;
  with recursive tree as (
    select p_queue_id as queue_id, p_id collate "C" as id
    union
    select d.child_queue_id, d.child_id
    from tree t
    cross join lateral (
      select d.child_queue_id, d.child_id from dependency d
      where d.parent_queue_id = t.queue_id and d.parent_id = t.id offset 0) d
    where p_with_children
      -- Not `exists`, for which a plan may read all that has finished.
      and not (p_spares_finished and (
        select s.finished_at from job_state s where s.queue_id = d.child_queue_id and s.id = d.child_id) is not null)
  )
  select array_agg(s.queue_id), array_agg(s.id) into v_child_queue_ids, v_child_ids
  from (select t.queue_id, t.id from tree t order by t.queue_id, t.id offset 0) t
  cross join lateral (
    select s.queue_id, s.id from job_state s where s.queue_id = t.queue_id and s.id = t.id for update offset 0) s;
  if exists (select from unnest(v_child_queue_ids, v_child_ids) c(queue_id, id)
             join job_state s on s.queue_id = c.queue_id and s.id = any (array[c.id]) where s.status = 'active' and not _is_lock_over(s)) then
    return 'locked';
  end if;
  perform _remove_jobs(r.queue_id, r.ids, false)
  from (select c.queue_id, array_agg(c.id) as ids from unnest(v_child_queue_ids, v_child_ids) c(queue_id, id) group by c.queue_id) r;
  return 'ok';
end;
$$;
