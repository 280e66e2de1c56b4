-- Deletes what else belongs to jobs whose state rows were just deleted: the jobs, their logs, their
-- steps with unread signals, and their records of children.
-- Called by  whoever removes jobs
-- Writes     job, job_log, step, signal, dependency (as parent)
create or replace function _delete_rows_of_jobs(p_queue_id integer, p_ids text[]) returns void
language plpgsql as $$
begin
  delete from job j where j.queue_id = p_queue_id and j.id = any(p_ids);
  delete from job_log l where l.queue_id = p_queue_id and l.job_id = any(p_ids);
  delete from step s where s.queue_id = p_queue_id and s.job_id = any(p_ids);
  delete from signal g where g.queue_id = p_queue_id and g.job_id = any(p_ids);
  delete from dependency d where d.parent_queue_id = p_queue_id and d.parent_id = any(p_ids);
end;
$$;
