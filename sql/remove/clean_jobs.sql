-- Removes up to p_limit jobs of one state that are older than p_grace_ms: finished ones by when they
-- finished, others by when they were last run or added. Oldest first; delayed ones by when they are due, and others that
-- wait by when they would run. Active jobs are never removed, nor
-- is the job that keeps a scheduler going. A parent goes with its last child. Returns their ids, those of waiting jobs from
-- the last to the first, as BullMQ; call again until there are none.
-- Called by  Store.cleanJobs (Queue.clean)
-- Writes     as _remove_jobs
-- Locks      all above the jobs, then the jobs, skip locked
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
    order by case when p_state = 'delayed' then s.run_at
                  when s.status <> 'waiting' then coalesce(s.finished_at, s.processed_at, j.created_at) end,
             s.priority, s.seq
    limit p_limit);
begin
  perform _lock_ancestors_of(p_queue_id, v_ids);
  v_ids := array(
    select s.id
    from unnest(v_ids) with ordinality i(id)
    join job_state s on s.queue_id = p_queue_id and s.id = any (array[i.id])
    where s.status <> 'active' and _state(s.status, s.priority) = p_state
    order by case when p_state = 'waiting' then -i.ordinality else i.ordinality end
    for update of s skip locked);
  perform _remove_jobs(p_queue_id, v_ids, true);
  return to_json(v_ids);
end;
$$;
