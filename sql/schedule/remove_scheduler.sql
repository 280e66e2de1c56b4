-- Removes a scheduler, and its next job when that is delayed. A job that already waits or runs is left, and makes
-- no successor. Returns whether there was a scheduler.
--
-- Called by  Store.removeScheduler (JobScheduler.removeJobScheduler)
-- Writes     scheduler; as _remove_jobs
-- Locks      the scheduler, then the job
-- Notifies   event
create or replace function remove_scheduler(p_queue_id integer, p_id text) returns boolean
language plpgsql set search_path from current as $$
declare
  v_job_id text;
begin
  delete from scheduler c where c.queue_id = p_queue_id and c.id = p_id returning c.job_id into v_job_id;
  if v_job_id is null then
    return false;
  end if;
  perform from job_state s where s.queue_id = p_queue_id and s.id = v_job_id and s.status = 'delayed' for update;
  if found then
    perform _remove_jobs(p_queue_id, array[v_job_id], false);
  end if;
  return true;
end;
$$;
