-- Books finished children on their parents, by each child's own policy on failure. Once per parent and batch,
-- not once per child. A child counts once: only a dependency that is pending is changed.
-- Called by  _settle_jobs, which holds the locks on the parents that the jobs had when they were claimed
-- Writes     dependency, job_state (parents)
create or replace function _tell_parents(p_queue_id integer, p_settled settled_job[]) returns void
language plpgsql as $$
declare
  v_changes parent_change[];
begin
  if not exists (select from unnest(p_settled) s where s.parent_id is not null and s.status in ('completed', 'failed')) then
    return;
  end if;

  with finished as (
    select s.*, p_queue_id as queue_id, case
        when s.status = 'completed' then 'completed'
        when s.on_failure = 'fail-parent' then 'failed'
        when s.on_failure in ('continue-parent', 'ignore') then 'ignored'
        when s.on_failure = 'remove' or s.removed then 'removed'
      end as meaning -- null: the parent waits until the child is retried or removed
    from unnest(p_settled) s
    where s.parent_id is not null and s.status in ('completed', 'failed')
  ), resolved as (
    update dependency d
    set status = f.meaning::dependency_status,
        value = f.value,
        reason = case when f.status = 'failed' then f.reason end
    from finished f
    where f.meaning in ('completed', 'failed', 'ignored')
      and d.parent_id = any (array[f.parent_id]) and d.parent_queue_id = f.parent_queue_id
      and d.child_id = f.id and d.child_queue_id = f.queue_id
      and d.status = 'pending'
    returning d.parent_queue_id, d.parent_id, f.id, f.meaning, f.on_failure
  ), dropped as (
    delete from dependency d
    using finished f
    where f.meaning = 'removed'
      and d.parent_id = any (array[f.parent_id]) and d.parent_queue_id = f.parent_queue_id
      and d.child_id = f.id and d.child_queue_id = f.queue_id
      and d.status = 'pending'
    returning d.parent_queue_id, d.parent_id, f.id, f.meaning, f.on_failure
  )
  select array_agg(row(c.parent_queue_id, c.parent_id, -c.resolved, c.failed, c.failure, c.release)::parent_change)
  into v_changes
  from (
    select r.parent_queue_id, r.parent_id, count(*)::integer as resolved,
           count(*) filter (where r.meaning = 'failed')::integer as failed,
           'child ' || min(_job_key(p_queue_id, r.id)) filter (where r.meaning = 'failed') || ' failed' as failure,
           bool_or(r.meaning = 'failed' or (r.meaning = 'ignored' and r.on_failure = 'continue-parent')) as release
    from (select * from resolved union all select * from dropped) r
    group by r.parent_queue_id, r.parent_id
  ) c;

  perform _change_parents(v_changes);
end;
$$;
