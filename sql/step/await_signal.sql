-- Takes the first signal of this name for a run, or lets the job wait for it: it is delayed until the signal or p_ms
-- (null: nothing else) wakes it. The time begins when it is first waited for under p_name. Attempts are not counted.
-- Returns {outcome, value}: ok (the job now waits), done with the payload, timed_out, and the outcomes of _run_outcome.
--
-- Moves      active -> delayed
-- Called by  Store.awaitSignal (Job.waitForSignal)
-- Writes     step, signal, job_state, event
-- Locks      the job: a signal comes before or after, never between
-- Notifies   wake, event
create or replace function await_signal(p_queue_id integer, p_id text, p_token text, p_name text, p_signal text, p_ms bigint) returns text
language plpgsql set search_path from current as $$
declare
  v_outcome text := _lock_run(p_queue_id, p_id, p_token);
  v_step    step;
  v_payload json;
begin
  if v_outcome <> 'ok' then
    return json_build_object('outcome', v_outcome);
  end if;
  insert into step as s (queue_id, job_id, name, kind, token, signal, started_at, wake_at)
  values (p_queue_id, p_id, p_name, 'signal', p_token, p_signal, _now(), _now() + _ms(p_ms))
  on conflict (job_id, queue_id, name) do update set token = excluded.token
  returning s.* into v_step;
  if v_step.finished_at is null then
    delete from signal g
    where g.queue_id = p_queue_id and g.job_id = p_id
      and g.id = (select o.id from signal o where o.queue_id = p_queue_id and o.job_id = p_id and o.name = p_signal
                  order by o.id limit 1)
    returning g.payload into v_payload;
    if v_payload is null and coalesce(v_step.wake_at > _now(), true) then
      perform _delay_active_job(p_queue_id, p_id, coalesce(v_step.wake_at, _never()));
      return json_build_object('outcome', 'ok');
    end if;
    update step s set result = v_payload, finished_at = _now()
    where s.queue_id = p_queue_id and s.job_id = p_id and s.name = p_name
    returning s.* into v_step;
  end if;
  return json_build_object('outcome', case when v_step.result is null then 'timed_out' else 'done' end, 'value', v_step.result);
end;
$$;
