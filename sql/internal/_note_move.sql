-- Notes that the transaction of a run has moved its job: for save_steps, which finds that the run does not hold it any more. The note
-- goes with what it is part of, a savepoint that is rolled back or the whole transaction. Elsewhere it does nothing.
-- Called by  delay_job, release_job, wait_for_children, settle_jobs
create or replace function _note_move(p_queue_id integer, p_id text, p_token text) returns void
language plpgsql as $$
begin
  if current_setting('tuskmq.run', true) = p_token and current_setting('tuskmq.job', true) = p_queue_id || ':' || p_id then
    perform set_config('tuskmq.moved', p_token, true);
  end if;
end;
$$;
