-- Puts an active job back for so many milliseconds, and gives its lock up. Attempts are not
-- counted. Outcomes: ok, missing, lock_missing, lock_mismatch, not_active.
--
-- Moves      active -> delayed
-- Called by  Store.delayJob (Job.moveToDelayed)
-- Writes     job_state, event
-- Locks      the job
-- Notifies   wake, event
create or replace function delay_job(p_queue_id integer, p_id text, p_token text, p_ms bigint) returns text
language plpgsql set search_path from current as $$
declare
  v_outcome text := _lock_active_job(p_queue_id, p_id, p_token);
begin
  if v_outcome = 'ok' then
    perform _delay_active_job(p_queue_id, p_id, _now() + _ms(greatest(p_ms, 0)));
    perform _note_move(p_queue_id, p_id, p_token);
  end if;
  return v_outcome;
end;
$$;
