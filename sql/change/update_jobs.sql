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
language plpgsql set search_path from current set plan_cache_mode = force_generic_plan as $$
declare
  v_update  record;
  v_missing integer[] := '{}';
begin
  for v_update in
    select u.position, u.queue_id, u.id, u.data, u.progress
    from rows from (json_to_recordset(p_updates::json) as (queue_id integer, id text, data text, progress text))
         with ordinality u(queue_id, id, data, progress, position)
    order by u.queue_id, u.id, u.position
  loop
    if v_update.data is not null then
      update job j set data = v_update.data::json where j.queue_id = v_update.queue_id and j.id = v_update.id;
    else
      update job_state s set progress = v_update.progress::json where s.queue_id = v_update.queue_id and s.id = v_update.id;
    end if;
    if not found then
      v_missing := v_missing || (v_update.position - 1)::integer;
    elsif v_update.progress is not null then
      perform _publish(v_update.queue_id, 'progress', v_update.id, json_build_object('jobId', v_update.id, 'data', v_update.progress::json));
    end if;
  end loop;
  return to_json(nullif(v_missing, '{}'));
end;
$$;
