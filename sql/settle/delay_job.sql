-- Puts an active job back until a time, milliseconds since 1970, and gives its lock up. Attempts are not
-- counted. Outcomes: ok, missing, lock_missing, lock_mismatch, not_active.
--
-- Moves      active -> delayed
-- Called by  Store.delayJob (Job.moveToDelayed)
-- Writes     job_state, event
-- Locks      the job
-- Notifies   wake, event
create or replace function delay_job(p_queue_id integer, p_id text, p_token text, p_run_at bigint) returns text
language plpgsql set search_path from current as $$
declare
  v_outcome text := _lock_active_job(p_queue_id, p_id, p_token);
  v_now     timestamptz := _now();
  v_run_at  timestamptz := greatest(_at(p_run_at), v_now);
begin
  if v_outcome = 'ok' then
    update job_state s
    set status = 'delayed', run_at = v_run_at, delay_ms = _epoch_ms(v_run_at) - _epoch_ms(v_now), seq = nextval('job_seq'),
        lock_token = null, lock_until = null, worker_id = null
    where s.queue_id = p_queue_id and s.id = p_id;
    perform _publish_delayed(p_queue_id, array[p_id]);
    perform _wake_for_delayed(p_queue_id, v_run_at);
    perform _wake_for_slot(p_queue_id);
  end if;
  return v_outcome;
end;
$$;
