-- Whether a run still holds its job: ok, or the outcomes of _run_outcome.
-- Called by  Store.checkRun (engine/job-transaction.ts)
create or replace function check_run(p_queue_id integer, p_id text, p_token text) returns text
language plpgsql stable set search_path from current as $$
declare
  v_state job_state;
begin
  select * into v_state from job_state s where s.queue_id = p_queue_id and s.id = p_id;
  return _run_outcome(v_state, p_token);
end;
$$;
