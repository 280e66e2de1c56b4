-- Writes the events of added jobs and wakes workers for them: one look a queue. p_is_all_waiting says that none of them is
-- delayed, nor a parent; p_is_alone that the transaction commits right after this.
-- Called by  add_jobs, add_waiting
-- Writes     event; now and then as _forget_silent_listeners
-- Notifies   wake, process, event
create or replace function _announce_added(
  p_queue_ids integer[], p_specs job_spec[], p_duplicates job_spec[], p_is_all_waiting boolean, p_is_alone boolean, p_now timestamptz
) returns void
language plpgsql as $$
declare
  v_queue_id integer;
begin
  foreach v_queue_id in array p_queue_ids loop
    if exists (select from event_listener l where l.queue_id = v_queue_id) then
      perform _publish_added(v_queue_id, p_specs, p_duplicates, p_now);
      if random() < 0.01 then
        perform _forget_silent_listeners(v_queue_id);
      end if;
    end if;
    if p_is_all_waiting then
      perform _wake(v_queue_id, p_is_alone and cardinality(p_specs) = 1);
    else
      perform _wake_for_added(v_queue_id, p_specs || p_duplicates);
    end if;
  end loop;
end;
$$;
