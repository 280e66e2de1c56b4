-- Writes the events of settled jobs, and that the queue is drained when nothing is left to do.
-- p_attempts are how often those that failed were to be tried, by id; 1 where it does not say.
-- Called by  _settle_jobs, _complete_jobs, when somebody listens
-- Writes     event
-- Notifies   event
create or replace function _announce_settled(p_queue_id integer, p_settled settled_job[], p_attempts jsonb) returns void
language plpgsql as $$
begin
  insert into event (queue_id, name, job_id, payload, created_at)
  select p_queue_id, e.name, e.id, e.payload, _now()
  from (
    select s.ordinality, 1 as step, s.status::text as name, s.id,
           case s.status
             when 'completed' then json_build_object('jobId', s.id, 'returnvalue', s.value, 'prev', 'active')
             when 'failed' then json_build_object('jobId', s.id, 'failedReason', s.reason, 'prev', 'active')
             when 'delayed' then json_build_object('jobId', s.id, 'delay', _epoch_ms(s.run_at))
             else json_build_object('jobId', s.id, 'prev', 'active')
           end as payload
    from unnest(p_settled) with ordinality s
    union all
    select s.ordinality, 2, 'retries-exhausted', s.id, json_build_object('jobId', s.id, 'attemptsMade', s.attempts_made::text)
    from unnest(p_settled) with ordinality s
    where s.status = 'failed' and s.attempts_made >= coalesce((p_attempts->s.id)::numeric, 1)
  ) e
  order by e.ordinality, e.step;
  if exists (select from unnest(p_settled) s where s.status in ('completed', 'failed'))
     and not exists (select from job_state s where s.queue_id = p_queue_id and s.status = 'waiting')
     and not exists (select from job_state s where s.queue_id = p_queue_id and s.status = 'active')
     and not exists (select from job_state s where s.queue_id = p_queue_id and s.status = 'delayed') then
    insert into event (queue_id, name, payload, created_at) values (p_queue_id, 'drained', '{}', _now());
  end if;
  perform _notify_listeners(p_queue_id);
end;
$$;
