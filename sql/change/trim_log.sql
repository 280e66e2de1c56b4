-- Keeps the last p_keep rows of the log of a job (null: all, 0: none).
-- Called by  add_logs; Store.trimLog (Job.clearLogs)
-- Writes     job_log
create or replace function trim_log(p_queue_id integer, p_id text, p_keep integer) returns void
language plpgsql set search_path from current as $$
begin
  if p_keep is not null then
    delete from job_log l
    where l.queue_id = p_queue_id and l.job_id = p_id
      and l.id <= (select o.id from job_log o where o.queue_id = p_queue_id and o.job_id = p_id order by o.id desc offset p_keep limit 1);
  end if;
end;
$$;
