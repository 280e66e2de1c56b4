-- Removes up to p_limit jobs of one state that are older than p_grace_ms: finished ones by when they
-- finished, others by when they were last run or added. Active jobs are never removed, nor
-- is the job that keeps a scheduler going. Returns their ids; call again until there are none.
-- Called by  Store.cleanJobs (Queue.clean)
-- Writes     as _remove_jobs
-- Locks      parents, then the jobs, skip locked
create or replace function clean_jobs(p_queue_id integer, p_state text, p_grace_ms bigint, p_limit integer) returns json
language plpgsql set search_path from current as $$
declare
  v_before timestamptz := _now() - _ms(p_grace_ms);
  v_ids    text[] := array(
    select s.id from job_state s
    join job j on j.queue_id = s.queue_id and j.id = s.id
    where s.queue_id = p_queue_id and s.status <> 'active' and _state(s.status, s.priority) = p_state
      and coalesce(s.finished_at, s.processed_at, j.created_at) <= v_before
      and not _is_current_iteration(s)
    order by coalesce(s.finished_at, s.processed_at, j.created_at)
    limit p_limit);
begin
  perform _lock_parents_of(p_queue_id, v_ids);
  v_ids := array(
    select s.id from job_state s
    where s.queue_id = p_queue_id and s.id = any(v_ids) and s.status <> 'active' and _state(s.status, s.priority) = p_state
    order by s.id
    for update skip locked);
  perform _remove_jobs(p_queue_id, v_ids);
  return to_json(v_ids);
end;
$$;
