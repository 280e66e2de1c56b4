-- Replaces the data or sets the progress of jobs, in any state and without a lock, as BullMQ does.
-- p_updates is a JSON array of {queue_id, id, data, progress}: JSON texts inside strings, null to leave as it
-- is. Of several updates of one job the last one holds. Returns the positions (from 0) of updates of jobs
-- that do not exist, as a JSON array, or null.
--
-- Called by  Store.updateJobs (Job.updateData, Job.updateProgress)
-- Writes     job, job_state, event
-- Locks      the jobs in order of key
-- Notifies   event
create or replace function update_jobs(p_updates text) returns json
language plpgsql set search_path from current as $$
declare
  v_updates      job_update[];
  v_has_data     boolean;
  v_has_progress boolean;
  v_strangers    integer := 0;
  v_missing      integer[] := '{}';
begin
  select array_agg(row(u.position - 1, u.queue_id, u.id, u.data::json, u.progress::json)::job_update),
         bool_or(u.data is not null), bool_or(u.progress is not null)
  into v_updates, v_has_data, v_has_progress
  from rows from (json_to_recordset(p_updates::json) as (queue_id integer, id text, data text, progress text))
       with ordinality u(queue_id, id, data, progress, position);

  if v_has_data then
    with latest as materialized (
      select distinct on (u.queue_id, u.id) u.* from unnest(v_updates) u
      where u.data is not null
      order by u.queue_id, u.id, u.position desc
    ), updated as (
      update job j set data = l.data from latest l
      where j.queue_id = l.queue_id and j.id = any (array[l.id])
      returning 1
    )
    select (select count(*) from latest) - (select count(*) from updated) into v_strangers;
  end if;
  if v_has_progress then
    with latest as materialized (
      select distinct on (u.queue_id, u.id) u.* from unnest(v_updates) u
      where u.progress is not null
      order by u.queue_id, u.id, u.position desc
    ), updated as (
      update job_state s set progress = l.progress from latest l
      where s.queue_id = l.queue_id and s.id = any (array[l.id])
      returning 1
    )
    select v_strangers + (select count(*) from latest) - (select count(*) from updated) into v_strangers;
  end if;

  if v_strangers > 0 then
    v_missing := array(
      select u.position from unnest(v_updates) u
      where not exists (select from job j where j.queue_id = u.queue_id and j.id = u.id)
      order by u.position);
  end if;
  if v_has_progress then
    perform _publish(u.queue_id, 'progress', u.id, json_build_object('jobId', u.id, 'data', u.progress))
    from unnest(v_updates) u
    where u.progress is not null and u.position <> all (v_missing);
  end if;
  return to_json(nullif(v_missing, '{}'));
end;
$$;
