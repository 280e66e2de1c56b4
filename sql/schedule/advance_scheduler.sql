-- Makes the next job of a scheduler, when a worker has picked the current one up. However often and by however
-- many this is called for a job, there is one successor: only the current job makes it, and ceases to be current.
--
-- p_slot is the next slot of a pattern, milliseconds since 1970, null when there is none; slots of an interval are
-- computed here. Those that were missed are skipped.
-- Outcomes: ok; not_current (another job is, or the scheduler was removed); over (limit or end is reached: the
-- record stays, with its last job as the current one); id_taken (a job is in the way; ask for a later slot),
-- slots_taken (so many are that an interval finds none).
--
-- Moves      nothing -> waiting, delayed
-- Called by  Store.advanceScheduler (engine/schedule.ts)
-- Writes     scheduler; as add_jobs
-- Locks      the scheduler
-- Raises     TQ010
-- Notifies   wake, event
create or replace function advance_scheduler(p_queue_id integer, p_id text, p_job_id text, p_slot bigint) returns text
language plpgsql set search_path from current as $$
declare
  v_now       bigint := _epoch_ms(_now());
  v_scheduler scheduler;
  v_slot      bigint := p_slot;
  v_free      bigint;
begin
  select * into v_scheduler from scheduler c where c.queue_id = p_queue_id and c.id = p_id for update;
  if v_scheduler.job_id is distinct from p_job_id then
    return 'not_current';
  end if;
  if v_scheduler.every_ms is not null then
    v_slot := _next_slot(_epoch_ms(v_scheduler.next_at), v_scheduler.every_ms, v_scheduler.offset_ms, null, v_now);
  end if;
  if v_slot is null or v_slot > _epoch_ms(v_scheduler.ends_at) or v_scheduler.run_count >= v_scheduler.run_limit then
    return 'over';
  end if;
  v_free := _free_slot(p_queue_id, p_id, v_slot, coalesce(v_scheduler.every_ms, 0), null);
  if v_free is null then
    perform _publish(p_queue_id, 'duplicated', _iteration_id(p_id, v_slot), json_build_object('jobId', _iteration_id(p_id, v_slot)));
    return case when v_scheduler.every_ms is null then 'id_taken' else 'slots_taken' end;
  end if;
  update scheduler c
  set next_at = _at(v_free), job_id = _iteration_id(p_id, v_free),
      run_count = c.run_count + 1, iteration_count = c.iteration_count + 1
  where c.queue_id = p_queue_id and c.id = p_id
  returning * into v_scheduler;
  perform _add_iteration(v_scheduler);
  return 'ok';
end;
$$;
