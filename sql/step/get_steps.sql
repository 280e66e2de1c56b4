-- The steps of a job in the order in which they were first heard of, and after them the signals that nobody has waited
-- for, as a JSON array. Times are milliseconds since 1970.
-- Called by  Store.getSteps (Job.step and its kin, Queue.getJobSteps)
create or replace function get_steps(p_queue_id integer, p_id text) returns text
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_agg(json_build_object(
             'name', s.name, 'kind', s.kind, 'state', s.state, 'attempts', s.attempts, 'signal', s.signal, 'result', s.result,
             'error', s.error, 'startedAt', _epoch_ms(s.started_at), 'wakeAt', _epoch_ms(s.wake_at),
             'finishedAt', _epoch_ms(s.finished_at))
           order by s.is_unread, s.seq)
    from (select s.name, s.kind::text, _step_state(s, _now()) as state, s.attempts, s.signal, s.result, s.error, s.started_at,
                 s.wake_at, s.finished_at, false as is_unread, s.seq
          from step s
          where s.queue_id = p_queue_id and s.job_id = p_id and s.kind <> 'transaction'
          union all
          select g.name, 'signal', 'unread', 0, g.name, g.payload, null, g.sent_at, null, null, true, g.id
          from signal g
          where g.queue_id = p_queue_id and g.job_id = p_id) s);
end;
$$;
