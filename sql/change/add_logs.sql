-- Appends rows to the logs of jobs, in the order given among those of one job, and keeps the last rows of each: as many as its last row
-- here says (null: all). Columns of the rows, those of one job together and the jobs in the one order of all callers. Returns for each row how
-- many there are with it, null for one of a job that does not exist, as a JSON array.
--
-- Called by  Store.addLogs (Job.log, Queue.addJobLog)
-- Writes     job_log
-- Locks      the jobs, in the order given, so that their rows are counted right
create or replace function add_logs(p_queue_ids integer[], p_ids text[], p_rows text[], p_keeps integer[]) returns json
language plpgsql set search_path from current as $$
declare
  v_counts json;
begin
  perform
  from unnest(p_queue_ids, p_ids) u(queue_id, id)
  cross join lateral (
    select from job j where j.queue_id = u.queue_id and j.id = u.id for no key update offset 0) j;

  -- Each row with how many its job had before, null where there is no such job: told by windows, for joins of the lists would be quadratic.
  with given as materialized (
    select u.*, row_number() over (partition by u.queue_id, u.id order by u.position) as number
    from unnest(p_queue_ids, p_ids, p_rows, p_keeps) with ordinality u(queue_id, id, row, keep, position)
  ), counted as materialized (
    select g.*, max(case when g.number = 1 then (
             select (select count(*) from job_log l where l.queue_id = j.queue_id and l.job_id = j.id)
             from job j where j.queue_id = g.queue_id and j.id = g.id) end) over (partition by g.queue_id, g.id) as count
    from given g
  ), inserted as (
    insert into job_log (queue_id, job_id, row, logged_at)
    select c.queue_id, c.id, c.row, _now() from counted c where c.count is not null order by c.position
  )
  select json_agg(case when c.count is not null then least(c.count + c.number, c.keep) end order by c.position) into v_counts
  from counted c;

  perform trim_log(u.queue_id, u.id, u.keep)
  from (select distinct on (u.queue_id, u.id) u.queue_id, u.id, u.keep
        from unnest(p_queue_ids, p_ids, p_keeps) with ordinality u(queue_id, id, keep, position)
        order by u.queue_id, u.id, u.position desc) u
  where u.keep is not null;
  return v_counts;
end;
$$;
