-- Puts an active job back to the head of its queue, and gives its lock up. Attempts are not counted.
-- Outcomes: ok, missing, lock_missing, lock_mismatch, not_active.
--
-- Moves      active -> waiting
-- Called by  Store.releaseJob (Job.moveToWait, RateLimitError)
-- Writes     job_state, event
-- Locks      the job
-- Notifies   wake, event
create or replace function release_job(p_queue_id integer, p_id text, p_token text) returns text
language plpgsql set search_path from current as $$
declare
  v_outcome text := _lock_active_job(p_queue_id, p_id, p_token);
begin
  if v_outcome = 'ok' then
    update job_state s
    set status = 'waiting', seq = -nextval('job_seq'), lock_token = null, lock_until = null, worker_id = null
    where s.queue_id = p_queue_id and s.id = p_id;
    perform _publish_moves(p_queue_id, 'waiting', array[p_id], 'active');
    perform _wake(p_queue_id);
    perform _note_move(p_queue_id, p_id, p_token);
  end if;
  return v_outcome;
end;
$$;
