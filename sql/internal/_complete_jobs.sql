-- Records that active jobs are completed, for those that leave nothing to remove, to release or to count: no rule of what to keep, no
-- deduplication id, no metrics. Those are for _settle_jobs, whose rules these are; this takes half the time.
--
-- Columns of the jobs: the token under which each was claimed, what it returned, a JSON text, and its parent, if it had one then. The
-- columns of parents are null when no job had one.
-- Returns refusals as _settle_jobs.
--
-- Moves      active -> completed
-- Called by  settle_and_claim, _complete_plain_jobs
-- Writes     job_state, dependency, event
-- Locks      as _settle_jobs: parents as they were, the jobs, then parents that are new since
-- Notifies   wake, event
create or replace function _complete_jobs(
  p_queue_id integer, p_ids text[], p_tokens text[], p_values text[], p_parent_queue_ids integer[], p_parent_ids text[],
  p_mode queue_mode
) returns jsonb
language plpgsql as $$
declare
  v_now              timestamptz := _now();
  v_ids              text[];
  v_tokens           text[];
  v_parent_queue_ids integer[];
  v_parent_ids       text[];
  v_values           text[];
  v_refused          jsonb;
begin
  if p_parent_ids is not null then
    perform _lock_jobs(p_parent_queue_ids, p_parent_ids);
  end if;
  with completed as (
    update job_state s
    set status = 'completed', attempts_made = s.attempts_made + 1, finished_at = v_now, return_value = i.value::json,
        delay_ms = 0, deferred_failure = null, lock_until = null, worker_id = null
    from (select p_queue_id as queue_id, o.* from unnest(p_ids, p_tokens, p_values) o(id, token, value) offset 0) i
    where s.queue_id = i.queue_id and s.id = any (array[i.id]) and s.lock_token = i.token
      and s.finished_at is null and not _is_lock_over(s) and s.pending_children = 0 and s.failed_children = 0
    returning s.id, i.token, s.parent_queue_id, s.parent_id,
              case when s.parent_id is not null or p_mode.is_listened_to then i.value end as value
  )
  select array_agg(c.id), array_agg(c.token), array_agg(c.parent_queue_id), array_agg(c.parent_id), array_agg(c.value)
  into v_ids, v_tokens, v_parent_queue_ids, v_parent_ids, v_values
  from completed c;

  -- Before parents are told: one that was refused for a child of this very call would be ready a moment later. By id and token, for
  -- a job may have run twice: the one that was taken over is refused.
  if cardinality(p_ids) > coalesce(cardinality(v_ids), 0) then
    v_refused := _refusals(p_queue_id, array(
      select jsonb_populate_record(null::settlement, jsonb_build_object('id', i.id, 'token', i.token, 'outcome', 'completed'))
      from unnest(p_ids, p_tokens) i(id, token)
      where not exists (select from unnest(v_ids, v_tokens) c(id, token) where c.id = i.id and c.token = i.token)), '{}');
  end if;
  if cardinality(array_remove(v_parent_ids, null)) > 0 then
    perform _resolve_dependencies(p_queue_id, v_ids, v_parent_queue_ids, v_parent_ids, v_values);
  end if;
  if p_mode.is_capped then
    perform _wake(p_queue_id);
  end if;
  if p_mode.is_listened_to then
    perform _announce_settled(p_queue_id, array(
      select row(c.id, 'completed', null, null, null, null, c.value, null, false, null)::settled_job
      from unnest(v_ids, v_values) c(id, value)), null);
  end if;
  return v_refused;
end;
$$;
