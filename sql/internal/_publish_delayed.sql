-- Writes that jobs of a queue are delayed, one event a job {jobId, delay}, where delay is the due time in
-- milliseconds since 1970, if somebody listens.
-- Writes     event
-- Notifies   event
create or replace function _publish_delayed(p_queue_id integer, p_job_ids text[]) returns void
language plpgsql as $$
begin
  if _is_listened_to(p_queue_id) then
    insert into event (queue_id, name, job_id, payload, created_at)
    select p_queue_id, 'delayed', s.id, json_build_object('jobId', s.id, 'delay', _epoch_ms(s.run_at)), _now()
    from job_state s
    where s.queue_id = p_queue_id and s.id = any(p_job_ids)
    order by s.run_at, s.seq;
    perform _notify_listeners(p_queue_id);
  end if;
end;
$$;
