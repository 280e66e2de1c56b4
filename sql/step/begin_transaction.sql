-- Makes the transaction that the caller has just begun one of a job's run. Returns {outcome, pid: of the session};
-- outcomes as _run_outcome. It takes no lock: what counts is asked again, under the job's row lock, by save_steps
-- before the commit.
--
-- From here on the server ends the session when it is idle in this transaction for p_idle_ms, so that a frozen worker
-- does not keep what it has locked; and whoever takes over a dead worker's jobs finds the session by its name.
--
-- Called by  Store.beginTransaction (engine/job-transaction.ts), right after BEGIN
create or replace function begin_transaction(p_queue_id integer, p_id text, p_token text, p_idle_ms bigint) returns json
language plpgsql set search_path from current as $$
declare
  v_state job_state;
begin
  select * into v_state from job_state s where s.queue_id = p_queue_id and s.id = p_id;
  perform set_config('tuskmq.run', p_token, true),
          set_config('tuskmq.job', p_queue_id || ':' || p_id, true),
          set_config('tuskmq.moved', '', true),
          set_config('idle_in_transaction_session_timeout', p_idle_ms::text, true),
          set_config('application_name', coalesce(_session_name(v_state.worker_id), current_setting('application_name')), true);
  return json_build_object('outcome', _run_outcome(v_state, p_token), 'pid', pg_backend_pid());
end;
$$;
