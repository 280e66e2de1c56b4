-- Forgets a step of a finished job and all that came after it, and lets the job run again: earlier steps are not done
-- again. p_opts as retry_job. Signals that were taken by forgotten steps are forgotten with them.
-- Outcomes: ok, missing, not_in_state (not finished), step_missing.
--
-- Moves      completed, failed -> waiting
-- Called by  Store.retryFromStep (Job.retryFrom)
-- Writes     step; as retry_job
-- Locks      the parent, then the job
-- Notifies   wake, event
create or replace function retry_from_step(p_queue_id integer, p_id text, p_name text, p_opts json) returns text
language plpgsql set search_path from current as $$
declare
  v_status  text;
  v_seq     bigint;
  v_outcome text;
begin
  select s.status into v_status from job_state s where s.queue_id = p_queue_id and s.id = p_id;
  select s.seq into v_seq from step s where s.queue_id = p_queue_id and s.job_id = p_id and s.name = p_name and s.kind <> 'transaction';
  if v_status is not null and v_seq is null then
    return 'step_missing';
  end if;
  v_outcome := retry_job(p_queue_id, p_id, v_status, p_opts);
  if v_outcome = 'ok' then
    delete from step s where s.queue_id = p_queue_id and s.job_id = p_id and s.seq >= v_seq;
  end if;
  return coalesce(v_outcome, 'missing');
end;
$$;
