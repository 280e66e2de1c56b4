-- Writes the events of added jobs and wakes workers for them: one look a queue.
-- Called by  add_jobs, as its last step
-- Writes     event; now and then as _forget_silent_listeners
-- Notifies   wake, event
create or replace function _announce_added(p_specs job_spec[], p_duplicates job_spec[], p_now timestamptz) returns void
language plpgsql as $$
declare
  v_queue record;
begin
  for v_queue in
    select s.queue_id,
           bool_or(not s.has_children and s.delay_ms = 0) as has_waiting,
           min(s.delay_ms) filter (where not s.has_children and s.delay_ms > 0) as first_delay_ms
    from unnest(p_specs || p_duplicates) s
    group by s.queue_id
    order by s.queue_id
  loop
    if _is_listened_to(v_queue.queue_id) then
      insert into event (queue_id, name, job_id, payload, created_at)
      select v_queue.queue_id, e.name, e.id, e.payload, p_now
      from (
        select s.position, 1 as step, 'added' as name, s.id, json_build_object('jobId', s.id, 'name', s.name) as payload
        from unnest(p_specs) s where s.queue_id = v_queue.queue_id
        union all
        select s.position, 2,
               case when s.has_children then 'waiting-children' when s.delay_ms > 0 then 'delayed' else 'waiting' end, s.id,
               case when s.delay_ms > 0 and not s.has_children
                    then json_build_object('jobId', s.id, 'delay', _epoch_ms(p_now) + s.delay_ms)
                    else json_build_object('jobId', s.id) end
        from unnest(p_specs) s where s.queue_id = v_queue.queue_id
        union all
        select d.position, 1, 'duplicated', d.id, json_build_object('jobId', d.id)
        from unnest(p_duplicates) d where d.queue_id = v_queue.queue_id
      ) e
      order by e.position, e.step;
      perform _notify_listeners(v_queue.queue_id);
      if random() < 0.01 then
        perform _forget_silent_listeners(v_queue.queue_id);
      end if;
    end if;
    if v_queue.has_waiting then
      perform _wake(v_queue.queue_id);
    elsif v_queue.first_delay_ms is not null then
      perform _wake_for_delayed(v_queue.queue_id, p_now + _ms(v_queue.first_delay_ms));
    end if;
  end loop;
end;
$$;
