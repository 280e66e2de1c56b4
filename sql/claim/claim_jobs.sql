-- Takes waiting jobs for a caller that runs them by hand: no worker's lease, the lock ends p_lock_ms from now
-- unless extended.
--
-- Moves      waiting -> active
-- Called by  Store.claimJobs (Worker.getNextJob, Job.moveToCompleted)
-- Writes     as _claim_jobs
create or replace function claim_jobs(
  p_queue_id integer, p_limit integer, p_token text, p_lock_ms bigint, p_name text, p_rate_max integer, p_rate_ms bigint
) returns setof claimed_job
language plpgsql set search_path from current as $$
begin
  return query select c.* from _claim_jobs(
    p_queue_id, p_limit, p_name, null, p_token, _now() + _ms(p_lock_ms),
    _queue_mode(p_queue_id, p_rate_max, p_rate_ms), '{}') c;
end;
$$;
