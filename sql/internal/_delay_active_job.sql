-- Puts an active job back until a time, and gives its lock up.
-- Moves      active -> delayed
-- Called by  delay_job, sleep_job, await_signal; they hold the lock on the job
-- Writes     job_state, event
-- Notifies   wake, event
create or replace function _delay_active_job(p_queue_id integer, p_id text, p_run_at timestamptz) returns void
language plpgsql as $$
begin
  update job_state s
  set status = 'delayed', run_at = p_run_at, delay_ms = _epoch_ms(p_run_at) - _epoch_ms(_now()), seq = nextval('job_seq'),
      lock_token = null, lock_until = null, worker_id = null
  where s.queue_id = p_queue_id and s.id = p_id;
  perform _publish_delayed(p_queue_id, array[p_id]);
  perform _wake_for_delayed(p_queue_id, p_run_at);
  perform _wake_for_slot(p_queue_id);
end;
$$;
