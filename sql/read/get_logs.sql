-- Rows of the log of a job, from p_start to p_end inclusive, as a JSON object {logs, count}. Negative positions
-- count from the end: -1 is the last row.
-- Called by  Store.getLogs (Queue.getJobLogs)
create or replace function get_logs(p_queue_id integer, p_id text, p_start integer, p_end integer, p_ascending boolean) returns json
language plpgsql stable set search_path from current as $$
declare
  v_count integer := (select count(*) from job_log l where l.queue_id = p_queue_id and l.job_id = p_id);
  v_start integer := case when p_start < 0 then greatest(v_count + p_start, 0) else p_start end;
  v_end   integer := case when p_end < 0 then v_count + p_end else p_end end;
begin
  return json_build_object(
    'logs', (
      select coalesce(json_agg(l.row order by case when p_ascending then l.id else -l.id end), '[]')
      from (select l.id, l.row from job_log l where l.queue_id = p_queue_id and l.job_id = p_id
            order by case when p_ascending then l.id else -l.id end
            offset v_start limit greatest(v_end - v_start + 1, 0)) l),
    'count', v_count);
end;
$$;
