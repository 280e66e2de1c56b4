-- Rows of the log of a job, from p_start to p_end inclusive (-1: to the end), as a JSON object {logs, count}.
-- Called by  Store.getLogs (Queue.getJobLogs)
create or replace function get_logs(p_queue_id integer, p_id text, p_start integer, p_end integer, p_ascending boolean) returns json
language plpgsql stable set search_path from current as $$
begin
  return json_build_object(
    'logs', (
      select coalesce(json_agg(l.row order by case when p_ascending then l.id else -l.id end), '[]')
      from (select l.id, l.row from job_log l where l.queue_id = p_queue_id and l.job_id = p_id
            order by case when p_ascending then l.id else -l.id end
            offset p_start limit case when p_end >= 0 then greatest(p_end - p_start + 1, 0) end) l),
    'count', (select count(*) from job_log l where l.queue_id = p_queue_id and l.job_id = p_id));
end;
$$;
