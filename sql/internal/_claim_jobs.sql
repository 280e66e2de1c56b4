-- Takes up to p_limit waiting jobs, by priority and then in order, after promoting delayed ones that are due.
-- They are held under the lease of p_worker_id, or until p_lock_until, by the lock token p_token. p_mode is as
-- _queue_mode has just found it; p_floors as _find_floors, or '{}'.
--
-- The cost depends on the number of claimed jobs only: they come from the head of a partial index, and are then
-- known by their place in the table, which a locked row does not leave.
--
-- Moves      delayed -> waiting; waiting -> active
-- Called by  settle_and_claim, claim_jobs
-- Writes     job_state, rate_window, event
-- Locks      the queue, if it has a limit; claimed jobs, skip locked
create or replace function _claim_jobs(
  p_queue_id integer, p_limit integer, p_name text, p_worker_id bigint, p_token text, p_lock_until timestamptz,
  p_mode queue_mode, p_floors claim_floor[]
) returns setof claimed_job
language plpgsql as $$
declare
  v_now    timestamptz := _now();
  v_now_ms bigint := _epoch_ms(v_now);
  v_limit  integer := p_limit;
  v_rows   tid[];
begin
  if p_mode.has_due then
    perform _promote(p_queue_id, v_now, 1000);
  end if;
  if p_mode.is_closed then
    return;
  end if;
  if p_mode.is_capped or p_mode.rate_max is not null then
    v_limit := _limit_claim(p_queue_id, p_limit, p_mode.rate_max);
  end if;

  v_rows := _lock_head(p_queue_id, v_limit, p_floors);
  if v_rows = '{}' then
    return;
  end if;
  if p_mode.rate_max is not null then
    perform _count_claims(p_queue_id, v_rows, p_mode.rate_ms);
  end if;
  if p_mode.is_listened_to then
    perform _publish_moves(p_queue_id, 'active', array(
      select s.id from job_state s where s.ctid = any(v_rows) order by s.priority, s.seq), 'waiting');
  end if;

  return query
    select s.id, j.name, j.data, j.opts, _epoch_ms(j.created_at), v_now_ms, s.priority, s.attempts_made, s.attempts_started + 1,
           s.parent_queue_id, s.parent_id, (
             select format('%s:%s:%s', q.prefix, q.name, s.parent_id) from queue q where q.id = s.parent_queue_id),
           case when coalesce(s.progress::text, s.return_value::text, s.failed_reason, s.stacktrace::text, s.deferred_failure,
                              s.scheduler_id) is not null
                     or s.stalled_count > 0
                then json_build_object(
                  'progress', s.progress, 'returnvalue', s.return_value,
                  'failedReason', s.failed_reason, 'stacktrace', s.stacktrace, 'stalledCounter', s.stalled_count,
                  'deferredFailure', s.deferred_failure, 'repeatJobKey', s.scheduler_id)
           end
    from job_state s
    cross join lateral (
      select j.name, j.data, j.opts, j.created_at from job j where j.queue_id = s.queue_id and j.id = s.id offset 0) j
    where s.ctid = any(v_rows)
    order by s.priority, s.seq;
  -- After the read, not returning it: cheaper by a tenth.
  update job_state s
  set status = 'active', worker_id = p_worker_id, lock_until = p_lock_until, lock_token = p_token,
      attempts_started = s.attempts_started + 1, processed_at = v_now, processed_by = p_name
  where s.ctid = any(v_rows);
end;
$$;
