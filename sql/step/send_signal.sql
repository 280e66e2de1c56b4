-- Sends a signal to a job: given to the run that waits for it, which goes on at once, or kept until one does.
-- p_payload is JSON text. Outcomes: ok, missing, not_in_state (the job has finished).
--
-- Moves      delayed -> waiting
-- Called by  Store.sendSignal (Queue.signal)
-- Writes     signal, step, job_state, event
-- Locks      the job
-- Notifies   wake, event
create or replace function send_signal(p_queue_id integer, p_id text, p_name text, p_payload text) returns text
language plpgsql set search_path from current as $$
declare
  v_state job_state;
  v_step  step;
begin
  select * into v_state from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  if v_state.id is null then
    return 'missing';
  elsif v_state.finished_at is not null then
    return 'not_in_state';
  end if;
  update step s set result = p_payload::json, finished_at = _now()
  where s.queue_id = p_queue_id and s.job_id = p_id
    and s.name = (select o.name from step o
                  where o.queue_id = p_queue_id and o.job_id = p_id and o.signal = p_name and o.finished_at is null
                  order by o.seq limit 1)
  returning s.* into v_step;
  if v_step.name is null then
    insert into signal (queue_id, job_id, name, payload, sent_at) values (p_queue_id, p_id, p_name, p_payload::json, _now());
  -- Delayed for another reason, such as a backoff, it comes in its own time.
  elsif v_state.run_at = coalesce(v_step.wake_at, _never()) then
    perform _hold_wake_lock(p_queue_id);
    update job_state s set status = 'waiting', run_at = null, seq = nextval('job_seq')
    where s.queue_id = p_queue_id and s.id = p_id;
    perform _publish_moves(p_queue_id, 'waiting', array[p_id], 'delayed');
    perform _wake(p_queue_id);
  end if;
  return 'ok';
end;
$$;
