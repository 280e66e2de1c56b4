-- Makes chosen jobs active: held under the lease of p_worker_id, or until p_lock_until, by the lock token p_token.
--
-- Moves      waiting -> active
-- Called by  settle_and_claim, claim_jobs
-- Writes     job_state
create or replace function _activate_jobs(
  p_rows tid[], p_now timestamptz, p_name text, p_worker_id bigint, p_token text, p_lock_until timestamptz
) returns void
language plpgsql as $$
begin
  update job_state s
  set status = 'active', worker_id = p_worker_id, lock_until = p_lock_until, lock_token = p_token,
      attempts_started = s.attempts_started + 1, processed_at = p_now, processed_by = p_name
  where s.ctid = any(p_rows);
end;
$$;
