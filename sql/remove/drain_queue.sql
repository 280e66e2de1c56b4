-- Removes up to p_limit jobs that wait to run, delayed ones too with p_delayed, but none that keeps a scheduler
-- going. A parent goes with its last child. Returns how many; call again until it is 0.
-- Called by  Store.drainQueue (Queue.drain)
-- Writes     as _remove_jobs
-- Locks      all above the jobs, then the jobs, skip locked
create or replace function drain_queue(p_queue_id integer, p_delayed boolean, p_limit integer) returns integer
language plpgsql set search_path from current set enable_sort = off as $$
declare
  v_ids text[] := array(
    -- By status, each in the order of its index, which sorting is made too dear for: else it reads all to sort it, where there was little once.
    (select s.id from job_state s
     where s.queue_id = p_queue_id and s.status = 'waiting' and not _is_current_iteration(s)
     order by s.priority, s.seq limit p_limit)
    union all
    (select s.id from job_state s
     where p_delayed and s.queue_id = p_queue_id and s.status = 'delayed' and not _is_current_iteration(s)
     order by s.run_at, s.seq limit p_limit)
    limit p_limit);
begin
  perform _lock_ancestors_of(p_queue_id, v_ids);
  v_ids := array(
    select s.id from job_state s
    where s.queue_id = p_queue_id and s.id = any(v_ids) and (s.status = 'waiting' or p_delayed and s.status = 'delayed')
    order by s.id
    for update skip locked);
  perform _remove_jobs(p_queue_id, v_ids, true);
  return cardinality(v_ids);
end;
$$;
