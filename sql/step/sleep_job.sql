-- Lets a run sleep: puts the active job back until p_until (milliseconds since 1970), or p_ms from now, and gives its
-- lock up. What was said when it first went to sleep under this name holds. Attempts are not counted.
-- Outcomes: ok (it now sleeps), done (the time has come), and those of _run_outcome.
--
-- Moves      active -> delayed
-- Called by  Store.sleepJob (Job.sleep)
-- Writes     step, job_state, event
-- Locks      the job
-- Notifies   wake, event
create or replace function sleep_job(p_queue_id integer, p_id text, p_token text, p_name text, p_until bigint, p_ms bigint) returns text
language plpgsql set search_path from current as $$
declare
  v_outcome text := _lock_run(p_queue_id, p_id, p_token);
  v_wake_at timestamptz := coalesce(_at(p_until), _now() + _ms(p_ms));
begin
  if v_outcome <> 'ok' then
    return v_outcome;
  end if;
  insert into step as s (queue_id, job_id, name, kind, token, started_at, wake_at)
  values (p_queue_id, p_id, p_name, 'sleep', p_token, _now(), v_wake_at)
  on conflict (job_id, queue_id, name) do update set token = excluded.token
  returning s.wake_at into v_wake_at;
  if v_wake_at <= _now() then
    return 'done';
  end if;
  perform _delay_active_job(p_queue_id, p_id, v_wake_at);
  return 'ok';
end;
$$;
