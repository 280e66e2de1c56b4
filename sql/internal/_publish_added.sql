-- Writes the events of the jobs of one queue that were added, or were there already.
-- Called by  _announce_added, when somebody listens
-- Writes     event
-- Notifies   event
create or replace function _publish_added(
  p_queue_id integer, p_specs job_spec[], p_duplicates job_spec[], p_now timestamptz
) returns void
language plpgsql as $$
begin
  insert into event (queue_id, name, job_id, payload, created_at)
  select p_queue_id, e.name, e.id, e.payload, p_now
  from (
    select s.position, 1 as step, 'added' as name, s.id, json_build_object('jobId', s.id, 'name', s.name) as payload
    from unnest(p_specs) s where s.queue_id = p_queue_id
    union all
    select s.position, 2,
           case when s.has_children then 'waiting-children' when s.delay_ms > 0 then 'delayed' else 'waiting' end, s.id,
           case when s.delay_ms > 0 and not s.has_children
                then json_build_object('jobId', s.id, 'delay', _epoch_ms(s.created_at) + s.delay_ms)
                else json_build_object('jobId', s.id) end
    from unnest(p_specs) s where s.queue_id = p_queue_id
    union all
    select d.position, 1, 'duplicated', d.id, json_build_object('jobId', d.id)
    from unnest(p_duplicates) d where d.queue_id = p_queue_id
  ) e
  order by e.position, e.step;
  perform _notify_listeners(p_queue_id);
end;
$$;
