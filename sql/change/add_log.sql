-- Appends a row to the log of a job, and keeps the last p_keep rows (null: all). Returns the number of rows,
-- or null when there is no such job.
-- Called by  Store.addLog (Job.log)
-- Writes     job_log
-- Locks      the job, so that its rows are counted right
create or replace function add_log(p_queue_id integer, p_id text, p_row text, p_keep integer) returns integer
language plpgsql set search_path from current as $$
begin
  perform from job j where j.queue_id = p_queue_id and j.id = p_id for no key update;
  if not found then
    return null;
  end if;
  insert into job_log (queue_id, job_id, row, logged_at) values (p_queue_id, p_id, p_row, _now());
  perform trim_log(p_queue_id, p_id, p_keep);
  return (select count(*) from job_log l where l.queue_id = p_queue_id and l.job_id = p_id);
end;
$$;
