-- Locks the row of a job for whoever bears its token. Outcomes: ok, missing, lock_missing, lock_mismatch,
-- not_active.
-- Called by  whatever moves an active job by itself
-- Locks      the job
create or replace function _lock_active_job(p_queue_id integer, p_id text, p_token text) returns text
language plpgsql as $$
declare
  v_outcome text;
begin
  select _lock_outcome(s, p_token) into v_outcome
  from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  return coalesce(v_outcome, 'missing');
end;
$$;
