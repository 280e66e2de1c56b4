-- Whether a job is the current iteration of its scheduler: without it the scheduler would make no more.
-- Called by  _remove_family, clean_jobs, drain_queue
create or replace function _is_current_iteration(s job_state) returns boolean
language plpgsql stable as $$
begin
  return s.scheduler_id is not null and exists (
    select from scheduler c where c.queue_id = s.queue_id and c.id = s.scheduler_id and c.job_id = s.id);
end;
$$;
