-- Records what became of active jobs: completed, failed, failed with a try left, or moved by their processor.
-- Each needs the token under which it was claimed.
--
-- p_items is a JSON array of objects with the fields of settlement; `value` and `stacktrace` are JSON texts
-- inside strings. With `metrics_points` what finishes is counted, for so many minutes.
-- Returns the refused ones as a JSON array of {id, token, outcome}, or null when all were accepted. Outcomes:
-- missing, lock_missing, lock_mismatch, not_active, pending_children, failed_children, and already_settled
-- for a repeated report under the same token.
--
-- Moves      active -> completed, failed, waiting, delayed, or removed; delayed -> waiting
-- Called by  settle_and_claim, settle_jobs
-- Writes     job_state, job (removed), dependency, deduplication, finish_count, event; as add_jobs (kept for the end of another)
-- Locks      parents as they were when the jobs were claimed, in order of key, then as _promote (skip locked), then the settled jobs, then parents that are new
--            since, then the deduplication ids
-- Notifies   wake, event
create or replace function _settle_jobs(p_queue_id integer, p_items json, p_mode queue_mode) returns jsonb
language plpgsql as $$
declare
  v_now          timestamptz := _now();
  v_items        settlement[];
  v_has_moved    boolean;
  v_has_retried  boolean;
  v_has_parents  boolean;
  v_has_removed  boolean;
  v_has_rules    boolean;
  v_has_deduplication boolean;
  v_has_waiting  boolean;
  v_first_run_at timestamptz;
  v_points       integer;
  v_attempts     jsonb;
  v_settled      settled_job[];
  v_removed      settled_job[];
  v_refused      jsonb;
begin
  select array_agg(row(
           i.id, i.token, i.outcome, i.value::json, i.reason, i.stacktrace::json, coalesce(i.delay_ms, 0), i.lifo,
           i.has_parent, i.parent_queue_id, i.parent_id, i.deduplication_id, coalesce(i.remove, false), i.keep_count, i.keep_age_ms,
           i.keep_limit, i.max_stalled_count)::settlement),
         bool_or(i.outcome = 'moved'), bool_or(i.outcome = 'retried'), bool_or(i.has_parent), bool_or(i.remove),
         bool_or(i.keep_count is not null or i.keep_age_ms is not null), bool_or(i.deduplication_id is not null),
         max(i.metrics_points)
  into v_items, v_has_moved, v_has_retried, v_has_parents, v_has_removed, v_has_rules, v_has_deduplication, v_points
  from json_to_recordset(p_items) as i(
    id text, token text, outcome text, value text, reason text, stacktrace text, delay_ms bigint, lifo boolean,
    has_parent boolean, parent_queue_id integer, parent_id text, deduplication_id text, remove boolean, keep_count integer,
    keep_age_ms bigint, keep_limit integer, max_stalled_count integer, metrics_points integer);

  if v_has_moved then
    perform _recover_unmoved(p_queue_id, v_items);
    v_items := array(select i from unnest(v_items) i where i.outcome <> 'moved');
  end if;
  if v_has_parents then
    perform _lock_parents_of_settled(p_queue_id, v_items);
  end if;

  if v_has_retried then
    perform _hold_wake_lock(p_queue_id);
    if p_mode.has_due then
      -- What was due before comes before what is tried again now.
      perform _promote(p_queue_id, v_now, 1000);
    end if;
  end if;

  -- Rows are found by primary key alone. `lock_token is not null and finished_at is null` says that a job is active
  -- without naming its status: a plan that came through the index of active jobs would wade through the dead
  -- entries of all that went before.
  with settled as (
    update job_state s
    set status = case when i.outcome in ('completed', 'failed') then i.outcome
                      when i.delay_ms > 0 then 'delayed'
                      else 'waiting' end::job_status,
        seq = case when i.outcome = 'retried' and i.delay_ms = 0 and i.lifo then -nextval('job_seq')
                   when i.outcome = 'retried' then nextval('job_seq') else s.seq end,
        run_at = case when i.outcome = 'retried' and i.delay_ms > 0 then v_now + _ms(i.delay_ms) end,
        delay_ms = i.delay_ms,
        attempts_made = s.attempts_made + 1,
        finished_at = case when i.outcome <> 'retried' then v_now end,
        return_value = case when i.outcome = 'completed' then i.value end,
        failed_reason = coalesce(i.reason, s.failed_reason),
        stacktrace = coalesce(i.stacktrace, s.stacktrace),
        deferred_failure = case when i.outcome = 'retried' then s.deferred_failure end,
        lock_token = case when i.outcome <> 'retried' then s.lock_token end,
        lock_until = null,
        worker_id = null
    from (select o.*, p_queue_id as queue_id from unnest(v_items) o offset 0) i
    where s.queue_id = i.queue_id and s.id = any (array[i.id]) and _may_settle(s, i.token, i.outcome) and not i.remove
    returning s.id, s.status, s.parent_queue_id, s.parent_id, s.on_failure, s.attempts_made, i.value, i.reason,
              false as removed, s.run_at
  )
  select array_agg(row(
           s.id, s.status, s.parent_queue_id, s.parent_id, s.on_failure, s.attempts_made, s.value, s.reason,
           s.removed, s.run_at)::settled_job),
         bool_or(s.parent_id is not null), bool_or(s.status = 'waiting'), min(s.run_at)
  into v_settled, v_has_parents, v_has_waiting, v_first_run_at
  from settled s;

  if p_mode.is_listened_to then
    -- Read now: some of them are about to go.
    select jsonb_object_agg(j.id, j.opts->'attempts') into v_attempts
    from (select o.id, p_queue_id as queue_id from unnest(v_items) o where o.outcome = 'failed' offset 0) i
    join job j on j.queue_id = i.queue_id and j.id = any (array[i.id])
    where json_typeof(j.opts->'attempts') = 'number';
  end if;
  if v_has_removed then
    with removed as (
      delete from job_state s
      using (select o.*, p_queue_id as queue_id from unnest(v_items) o offset 0) i
      where s.queue_id = i.queue_id and s.id = any (array[i.id]) and _may_settle(s, i.token, i.outcome) and i.remove
      returning s.id, i.outcome::job_status as status, s.parent_queue_id, s.parent_id, s.on_failure,
                s.attempts_made + 1 as attempts_made, i.value, i.reason
    )
    select array_agg(row(
      r.id, r.status, r.parent_queue_id, r.parent_id, r.on_failure, r.attempts_made, r.value, r.reason,
      true, null)::settled_job)
    into v_removed
    from removed r;
    perform _delete_rows_of_jobs(p_queue_id, array(select r.id from unnest(v_removed) r));
    v_has_parents := v_has_parents or exists (select from unnest(v_removed) r where r.parent_id is not null);
    v_settled := v_settled || v_removed;
  end if;

  if cardinality(v_items) > coalesce(cardinality(v_settled), 0) then
    v_refused := _refusals(p_queue_id, v_items, array(select s.id from unnest(v_settled) s));
  end if;
  if v_has_parents then
    perform _tell_parents(p_queue_id, v_settled);
  end if;
  if v_has_deduplication then
    perform _release_deduplication(p_queue_id, (
      select jsonb_object_agg(s.id, i.deduplication_id)
      from unnest(v_settled) s join unnest(v_items) i on i.id = s.id
      where s.status in ('completed', 'failed') and i.deduplication_id is not null));
  end if;
  if v_has_rules then
    perform _apply_retention(p_queue_id, v_items);
  end if;
  if v_points is not null and v_settled is not null then
    perform _count_finished(p_queue_id, v_settled, v_points);
  end if;
  if v_has_waiting or p_mode.is_capped then
    perform _wake(p_queue_id);
  elsif v_first_run_at is not null then
    perform _wake_for_delayed(p_queue_id, v_first_run_at);
  end if;
  if p_mode.is_listened_to then
    perform _announce_settled(p_queue_id, v_settled, v_attempts);
  end if;
  return v_refused;
end;
$$;
