-- Writes that jobs of a queue moved, one event a job {jobId, prev}, if somebody listens.
-- Writes     event
-- Notifies   event
create or replace function _publish_moves(p_queue_id integer, p_name text, p_job_ids text[], p_prev text) returns void
language plpgsql as $$
begin
  if _is_listened_to(p_queue_id) then
    insert into event (queue_id, name, job_id, payload, created_at)
    select p_queue_id, p_name, i.id,
           case when p_prev is null then json_build_object('jobId', i.id) else json_build_object('jobId', i.id, 'prev', p_prev) end, _now()
    from unnest(p_job_ids) with ordinality i(id, at)
    order by i.at;
    perform _notify_listeners(p_queue_id);
  end if;
end;
$$;
