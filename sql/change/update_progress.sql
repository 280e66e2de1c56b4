-- Sets the progress of jobs, in any state and without a lock, as BullMQ does. Columns of the jobs and of what is to be set, JSON texts. Of several
-- updates of one job the last one holds, and each is an event. Returns the positions (from 0) of updates of jobs that do not
-- exist, as a JSON array, or null.
--
-- Called by  Store.updateProgress (Job.updateProgress, Queue.updateJobProgress)
-- Writes     job_state, event
-- Locks      the jobs in order of key
-- Notifies   event
create or replace function update_progress(p_queue_ids integer[], p_ids text[], p_progress text[]) returns json
language plpgsql set search_path from current as $$
declare
  v_strangers integer;
  v_missing   integer[] := '{}';
begin
  with latest as materialized (
    select distinct on (u.queue_id, u.id collate "C") u.queue_id, u.id, u.progress
    from unnest(p_queue_ids, p_ids, p_progress) with ordinality u(queue_id, id, progress, position)
    order by u.queue_id, u.id collate "C", u.position desc
  ), updated as (
    update job_state s set progress = l.progress::json from latest l
    where s.queue_id = l.queue_id and s.id = any (array[l.id])
    returning 1
  )
  select (select count(*) from latest) - (select count(*) from updated) into v_strangers;

  if v_strangers > 0 then
    v_missing := array(
      select u.position - 1
      from unnest(p_queue_ids, p_ids) with ordinality u(queue_id, id, position)
      where not exists (select from job j where j.queue_id = u.queue_id and j.id = u.id)
      order by u.position);
  end if;
  perform _publish(u.queue_id, 'progress', u.id, json_build_object('jobId', u.id, 'data', u.progress::json))
  from unnest(p_queue_ids, p_ids, p_progress) with ordinality u(queue_id, id, progress, position)
  where u.position - 1 <> all (v_missing);
  return to_json(nullif(v_missing, '{}'));
end;
$$;
