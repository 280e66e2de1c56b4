-- Records that active jobs are completed, as _complete_jobs, where nobody is to be told: the caller knows of no parents, nobody listens
-- to their queues, and these do not limit how many are active. A single update that returns nothing; what it does not find as
-- expected, a job that has got a parent since or is held no longer, is for _complete_jobs.
--
-- Moves      active -> completed
-- Called by  settle_and_claim, settle_and_claim_all
-- Writes     job_state; as _complete_jobs
-- Locks      the jobs; then as _complete_jobs
create or replace function _complete_plain_jobs(
  p_queue_ids integer[], p_ids text[], p_tokens text[], p_values text[], p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  v_count   integer;
  v_left    record;
  v_refused jsonb;
begin
  update job_state s
  set status = 'completed', attempts_made = s.attempts_made + 1, finished_at = p_now, return_value = i.value::json,
      delay_ms = 0, deferred_failure = null, lock_until = null, worker_id = null
  from unnest(p_queue_ids, p_ids, p_tokens, p_values) i(queue_id, id, token, value)
  where s.queue_id = i.queue_id and s.id = any (array[i.id]) and s.lock_token = i.token
    and (s.worker_id is not null or s.lock_until >= p_now)
    and s.pending_children = 0 and s.failed_children = 0 and s.parent_id is null;
  get diagnostics v_count = row_count;
  if v_count = cardinality(p_ids) then
    return null;
  end if;

  for v_left in
    -- Those that this transaction has not just completed.
    select i.queue_id, array_agg(i.id) as ids, array_agg(i.token) as tokens, array_agg(i.value) as values
    from unnest(p_queue_ids, p_ids, p_tokens, p_values) i(queue_id, id, token, value)
    left join lateral (
      select s.lock_token, s.status, s.xmin from job_state s where s.queue_id = i.queue_id and s.id = i.id offset 0) s on true
    where (s.lock_token = i.token and s.status = 'completed' and s.xmin = pg_current_xact_id()::xid) is not true
    group by i.queue_id
    order by i.queue_id
  loop
    v_refused := coalesce(v_refused, '[]') || coalesce(_complete_jobs(
      v_left.queue_id, v_left.ids, v_left.tokens, v_left.values, null, null,
      (select m from _queue_mode(v_left.queue_id, null, null) m)), '[]');
  end loop;
  return v_refused;
end;
$$;
