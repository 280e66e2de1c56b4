-- Books what happened to children on their parents, and releases parents that have nothing left to wait for.
--
-- A released parent goes to the head of its queue, behind all others of its priority if it has one, or into its delay. A failure reaches the
-- parent as deferred_failure: the worker that activates it fails it in a transaction of its own, so no
-- transaction climbs more than one level.
--
-- Moves      waiting-children -> waiting, delayed; delayed -> waiting (on failure)
-- Called by  whoever adds, finishes or removes children; they have locked the parents that they knew of before any child
-- Writes     job_state, event
-- Locks      the parents, in order of key; the wake locks of queues of those with a priority
-- Notifies   wake, event
create or replace function _change_parents(p_changes parent_change[]) returns void
language plpgsql as $$
declare
  v_now      timestamptz := _now();
  v_released record;
begin
  -- Locked before they are read, whoever called: a child may have got another parent while it ran.
  perform _lock_jobs(array(select c.queue_id from unnest(p_changes) c), array(select c.id from unnest(p_changes) c));

  for v_released in
    with change as (
      select c.queue_id, c.id, sum(c.pending)::integer as pending, sum(c.failed)::integer as failed,
             min(c.failure) as failure, bool_or(c.release) as release
      from unnest(p_changes) c
      group by c.queue_id, c.id
    ), parent as (
      select p.queue_id, p.id, c.pending, c.failed, c.failure,
             (p.status = 'waiting-children' and (c.release or p.pending_children + c.pending <= 0))
             or (p.status = 'delayed' and c.failure is not null) as released,
             -- That of a delayed parent is over: its failure waits for nothing.
             case when p.status = 'waiting-children' then p.delay_ms else 0 end as delay_ms
      from change c
      join job_state p on p.queue_id = c.queue_id and p.id = any (array[c.id])
    ), changed as (
      update job_state s
      set pending_children = greatest(s.pending_children + p.pending, 0),
          failed_children = s.failed_children + p.failed,
          -- One that has failed already is not to fail again when it is retried.
          deferred_failure = case when s.status = 'failed' then s.deferred_failure else coalesce(p.failure, s.deferred_failure) end,
          status = case when not p.released then s.status when p.delay_ms > 0 then 'delayed' else 'waiting' end,
          run_at = case when not p.released then s.run_at when p.delay_ms > 0 then v_now + _ms(p.delay_ms) end,
          seq = case when not p.released then s.seq when s.priority > 0 then _place_at_tail(s.queue_id) else -nextval('job_seq') end
      from parent p
      where s.queue_id = p.queue_id and s.id = any (array[p.id])
      returning s.queue_id, s.id, s.status, s.run_at, p.released
    )
    select c.queue_id, array_agg(c.id) filter (where c.status = 'waiting') as waiting_ids,
           array_agg(c.id) filter (where c.status = 'delayed') as delayed_ids, min(c.run_at) as run_at
    from changed c
    where c.released
    group by c.queue_id
    order by c.queue_id
  loop
    if v_released.waiting_ids is not null then
      perform _publish_moves(v_released.queue_id, 'waiting', v_released.waiting_ids, 'waiting-children');
      perform _wake(v_released.queue_id);
    end if;
    if v_released.delayed_ids is not null then
      perform _publish_delayed(v_released.queue_id, v_released.delayed_ids);
      perform _wake_for_delayed(v_released.queue_id, v_released.run_at);
    end if;
  end loop;
end;
$$;
