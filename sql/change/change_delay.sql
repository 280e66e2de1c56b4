-- Lets a delayed job run p_ms from now. Outcomes: ok, missing, not_in_state.
-- Called by  Store.changeDelay (Job.changeDelay), _deduplicate
-- Writes     job_state, event
-- Locks      the job
-- Raises     22023 for no delay
-- Notifies   wake, event
create or replace function change_delay(p_queue_id integer, p_id text, p_ms bigint) returns text
language plpgsql set search_path from current as $$
declare
  v_run_at timestamptz := _now() + _ms(p_ms);
begin
  if p_ms is null then
    raise exception 'The delay of job % must be a number of milliseconds, not null', p_id using errcode = '22023';
  end if;
  update job_state s set run_at = v_run_at, delay_ms = greatest(p_ms, 0)
  where s.queue_id = p_queue_id and s.id = p_id and s.run_at is not null;
  if not found then
    return case when exists (select from job_state s where s.queue_id = p_queue_id and s.id = p_id)
                then 'not_in_state' else 'missing' end;
  end if;
  perform _publish_delayed(p_queue_id, array[p_id]);
  perform _wake_for_delayed(p_queue_id, v_run_at);
  return 'ok';
end;
$$;
