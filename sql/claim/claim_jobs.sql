-- Takes waiting jobs for a caller that runs them by hand: no worker's lease, the lock ends p_lock_ms from now
-- unless extended.
--
-- Moves      delayed -> waiting; waiting -> active
-- Called by  Store.claimJobs (Worker.getNextJob, Job.moveToCompleted)
-- Writes     job_state, rate_window, event
-- Locks      as _choose_jobs
create or replace function claim_jobs(
  p_queue_id integer, p_limit integer, p_token text, p_lock_ms bigint, p_name text, p_rate_max integer, p_rate_ms bigint
) returns setof claimed_job
language plpgsql set search_path from current as $$
declare
  v_now    timestamptz := _now();
  v_mode   queue_mode := (select m from _queue_mode(p_queue_id, p_rate_max, p_rate_ms) m);
  v_rows   tid[] := _choose_jobs(p_queue_id, p_limit, v_mode, null);
begin
  return query select c.* from _claimed_jobs(v_rows, v_now) c;
  perform _activate_jobs(v_rows, v_now, p_name, null, p_token, v_now + _ms(p_lock_ms));
end;
$$;
