-- Adds the job for the current slot of a scheduler. Returns {id, opts, delay, timestamp}: the options as they are
-- stored with it; milliseconds until it is due; when it was made, in milliseconds since 1970.
--
-- Moves      nothing -> waiting, delayed
-- Called by  upsert_scheduler, advance_scheduler; they hold the lock on the scheduler, and know the id to be free
-- Writes     as add_jobs
-- Raises     TQ010 when somebody else has added a job of this id at the same moment
-- Notifies   wake, event
create or replace function _add_iteration(p_scheduler scheduler) returns json
language plpgsql as $$
declare
  v_now   bigint := _epoch_ms(_now());
  v_slot  bigint := _epoch_ms(p_scheduler.next_at);
  v_delay bigint := greatest(v_slot - v_now, 0);
  v_opts  json;
begin
  -- From json to json: the values of the template are stored as they were given.
  select json_object_agg(o.key, o.value order by o.place) into v_opts
  from (
    select 1 as place, t.key, t.value from json_each(p_scheduler.opts) t
    where t.key not in ('repeat', 'jobId', 'delay', 'timestamp', 'prevMillis')
    union all select 2, 'attempts', json '0' where p_scheduler.opts->'attempts' is null
    union all select 3, 'repeat', (
      select json_object_agg(r.key, r.value order by r.place)
      from (select 1 as place, t.key, t.value from json_each(p_scheduler.repeat) t where t.key <> 'count'
            union all select 2, 'count', to_json(p_scheduler.run_count)) r)
    union all select 4, 'jobId', to_json(p_scheduler.job_id)
    union all select 5, 'delay', to_json(v_delay)
    union all select 6, 'timestamp', to_json(v_now)
    union all select 7, 'prevMillis', to_json(v_slot) where p_scheduler.pattern is not null
  ) o;
  if add_jobs(json_build_array(json_build_object(
       'position', 0, 'unit', 0, 'queue_id', p_scheduler.queue_id, 'id', p_scheduler.job_id, 'name', p_scheduler.name,
       'data', p_scheduler.data::text, 'opts', v_opts::text,
       -- Due at the slot itself, not a part of a millisecond later: jobs of one slot run in the order in which they were made.
       'created_at', v_now, 'delay_ms', v_delay,
       'priority', (v_opts->>'priority')::integer, 'lifo', (v_opts->>'lifo')::boolean))::text)::json->>'duplicates' is not null then
    raise exception 'Job % was added by somebody else', p_scheduler.job_id using errcode = 'TQ010';
  end if;
  update job_state s set scheduler_id = p_scheduler.id where s.queue_id = p_scheduler.queue_id and s.id = p_scheduler.job_id;
  return json_build_object('id', p_scheduler.job_id, 'opts', v_opts, 'delay', v_delay, 'timestamp', v_now);
end;
$$;
