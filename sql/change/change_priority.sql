-- Gives a job another priority: it goes to the back of its new class, or to the front with p_lifo. Outcomes:
-- ok, missing.
-- Called by  Store.changePriority (Job.changePriority)
-- Writes     job_state
-- Locks      the job
create or replace function change_priority(p_queue_id integer, p_id text, p_priority integer, p_lifo boolean) returns text
language plpgsql set search_path from current as $$
begin
  perform _hold_wake_lock(p_queue_id);
  update job_state s
  set priority = p_priority, seq = case when p_lifo then -nextval('job_seq') else nextval('job_seq') end
  where s.queue_id = p_queue_id and s.id = p_id;
  return case when found then 'ok' else 'missing' end;
end;
$$;
