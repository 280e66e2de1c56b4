-- Makes a scheduler or gives it other settings, and makes its next job. One that was pending by the former
-- settings is replaced; one that is active runs on, and makes no successor.
--
-- p_settings is a JSON object {name, data, opts, repeat, every_ms, offset_ms, pattern, tz, startDate, endDate,
-- run_limit, run_count}; `data`, `opts` and `repeat` are JSON texts inside strings, so that they are stored as given;
-- the dates are milliseconds since 1970. p_slot is the first slot of a pattern, computed by
-- the client from the time by get_time; slots of an interval are computed here: the first is now, unless there is
-- a start or an offset, and the same interval keeps its slot.
--
-- Returns {outcome, job}. Outcomes: ok, with the job as _add_iteration returns it; past_end (endDate is over); over
-- (nothing is left to do within limit and endDate: a scheduler that is there ends); id_taken, slots_taken (there are jobs in the way);
-- slot_used (that of p_slot was made by this scheduler before: the next one is to be tried). Unless ok or over, nothing has changed.
--
-- Moves      nothing -> waiting, delayed
-- Called by  Store.upsertScheduler (JobScheduler.upsertJobScheduler)
-- Writes     scheduler; as add_jobs; job_state, job (replaced)
-- Locks      advisory: the scheduler's id; the scheduler, then its pending job
-- Raises     TQ010
-- Notifies   wake, event
create or replace function upsert_scheduler(p_queue_id integer, p_id text, p_settings text, p_slot bigint) returns json
language plpgsql set search_path from current as $$
declare
  v_now     bigint := _epoch_ms(_now());
  v_new     scheduler := json_populate_record(null::scheduler, p_settings::json);
  v_start   bigint := (p_settings::json->>'startDate')::bigint;
  v_end     bigint := (p_settings::json->>'endDate')::bigint;
  v_old     scheduler;
  v_pending text;
  v_slot    bigint := p_slot;
begin
  if v_end < v_now then
    return json_build_object('outcome', 'past_end');
  end if;
  -- Two at once may find no row to lock.
  perform pg_advisory_xact_lock(_lock_key('scheduler ' || p_id, p_queue_id));
  select * into v_old from scheduler c where c.queue_id = p_queue_id and c.id = p_id for update;
  select s.id into v_pending
  from job_state s
  where s.queue_id = p_queue_id and s.id = v_old.job_id and s.status in ('waiting', 'delayed')
  for update;

  if v_new.every_ms is not null then
    if v_old.every_ms = v_new.every_ms then
      v_new.offset_ms := coalesce(v_new.offset_ms, v_old.offset_ms);
      v_slot := _epoch_ms(v_old.next_at);
      if v_pending is null then
        v_slot := _next_slot(v_slot, v_new.every_ms, v_new.offset_ms, v_start, v_now);
      end if;
    else
      v_slot := _next_slot(null, v_new.every_ms, v_new.offset_ms, v_start, v_now);
    end if;
    v_new.offset_ms := coalesce(v_new.offset_ms, v_slot % v_new.every_ms);
  end if;
  if v_slot is not null then
    v_slot := _free_slot(p_queue_id, p_id, v_slot, coalesce(v_new.every_ms, 0), v_pending);
    if v_slot is null then
      return json_build_object('outcome', case when v_new.every_ms is not null then 'slots_taken'
                                               when v_old.id is not null then 'slot_used'
                                               else 'id_taken' end);
    end if;
  end if;

  if v_pending is not null then
    delete from job_state s where s.queue_id = p_queue_id and s.id = v_pending;
    perform _delete_rows_of_jobs(p_queue_id, array[v_pending]);
  end if;
  if v_slot is null or v_slot > v_end or v_new.run_count > v_new.run_limit then
    delete from scheduler c where c.queue_id = p_queue_id and c.id = p_id;
    return json_build_object('outcome', 'over');
  end if;
  v_new.queue_id := p_queue_id;
  v_new.id := p_id;
  v_new.data := v_new.data #>> '{}';
  v_new.opts := v_new.opts #>> '{}';
  v_new.repeat := v_new.repeat #>> '{}';
  v_new.offset_ms := coalesce(v_new.offset_ms, 0);
  v_new.starts_at := _at(v_start);
  v_new.ends_at := _at(v_end);
  v_new.iteration_count := coalesce(v_old.iteration_count, 1);
  v_new.next_at := _at(v_slot);
  v_new.job_id := _iteration_id(p_id, v_slot);
  insert into scheduler select (v_new).*
  on conflict (queue_id, id) do update
  set (name, data, opts, repeat, every_ms, offset_ms, pattern, tz, starts_at, ends_at, run_limit, run_count, next_at, job_id) =
      (excluded.name, excluded.data, excluded.opts, excluded.repeat, excluded.every_ms, excluded.offset_ms, excluded.pattern,
       excluded.tz, excluded.starts_at, excluded.ends_at, excluded.run_limit, excluded.run_count, excluded.next_at, excluded.job_id);
  return json_build_object('outcome', 'ok', 'job', _add_iteration(v_new));
end;
$$;
