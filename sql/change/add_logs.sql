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

  with given as materialized (
    select u.*, row_number() over (partition by u.queue_id, u.id order by u.position) as number
    from unnest(p_queue_ids, p_ids, p_rows, p_keeps) with ordinality u(queue_id, id, row, keep, position)
  ), logged as materialized (
    select g.queue_id, g.id,
           (select count(*) from job_log l where l.queue_id = g.queue_id and l.job_id = g.id) as count
    from given g
    where g.number = 1 and exists (select from job j where j.queue_id = g.queue_id and j.id = g.id)
  ), inserted as (
    insert into job_log (queue_id, job_id, row, logged_at)
    select g.queue_id, g.id, g.row, _now()
    from given g
    join logged j on j.queue_id = g.queue_id and j.id = g.id
    order by g.position
  )
  select json_agg(case when j.id is not null then least(j.count + g.number, g.keep) end order by g.position) into v_counts
  from given g
  left join logged j on j.queue_id = g.queue_id and j.id = g.id;

  perform trim_log(u.queue_id, u.id, u.keep)
  from (select distinct on (u.queue_id, u.id) u.queue_id, u.id, u.keep
        from unnest(p_queue_ids, p_ids, p_keeps) with ordinality u(queue_id, id, keep, position)
        order by u.queue_id, u.id, u.position desc) u
  where u.keep is not null;
  return v_counts;
end;
$$;
