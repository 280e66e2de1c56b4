-- Lets up to p_limit jobs that ended in p_state, not later than p_until (milliseconds since 1970), run again,
-- oldest first. Returns how many; call again until it is 0.
--
-- Moves      completed, failed -> waiting
-- Called by  Store.retryJobs (Queue.retryJobs)
-- Writes     as retry_job
-- Locks      as retry_job, one job after the other
-- Notifies   wake, event
create or replace function retry_jobs(p_queue_id integer, p_state text, p_until bigint, p_limit integer) returns integer
language plpgsql set search_path from current as $$
declare
  v_ids text[] := array(
    select s.id from job_state s
    where s.queue_id = p_queue_id and s.status = p_state::job_status and s.status in ('completed', 'failed')
      and s.finished_at < _at(p_until + 1)
    order by s.finished_at, s.seq
    limit p_limit);
begin
  perform _lock_parents_of(p_queue_id, v_ids);
  return (select count(*) from unnest(v_ids) i(id) where retry_job(p_queue_id, i.id, p_state) = 'ok');
end;
$$;
