-- Deletes what else belongs to jobs whose state rows were just deleted: the jobs, their logs, and their
-- records of children.
-- Called by  whoever removes jobs
-- Writes     job, job_log, dependency (as parent)
create or replace function _delete_rows_of_jobs(p_queue_id integer, p_ids text[]) returns void
language plpgsql as $$
begin
  delete from job j where j.queue_id = p_queue_id and j.id = any(p_ids);
  delete from job_log l where l.queue_id = p_queue_id and l.job_id = any(p_ids);
  delete from dependency d where d.parent_queue_id = p_queue_id and d.parent_id = any(p_ids);
end;
$$;
