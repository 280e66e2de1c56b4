-- Locks the row of a job, and says whether this run still holds it: _run_outcome.
-- Called by  whatever a run writes about its steps
-- Locks      the job
create or replace function _lock_run(p_queue_id integer, p_id text, p_token text) returns text
language plpgsql as $$
declare
  v_state job_state;
begin
  select * into v_state from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  return _run_outcome(v_state, p_token);
end;
$$;
