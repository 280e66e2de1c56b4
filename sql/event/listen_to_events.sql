-- From its commit on, transactions that begin write events of this queue. Returns {id, after}: the listener's id, and
-- the place in the order of events that is now; null when the process is not known (any more).
-- Called by  Store.listenToEvents (QueueEvents)
-- Writes     event_listener; as _close_event_window
-- Locks      process, shared: a listener of a process that is being forgotten would never be; as _close_event_window
create or replace function listen_to_events(p_queue_id integer, p_process_id bigint) returns json
language plpgsql set search_path from current as $$
declare
  v_id bigint;
begin
  perform from process p where p.id = p_process_id for key share;
  if not found then
    return null;
  end if;
  perform _forget_foreign_events(p_queue_id);
  insert into event_listener (queue_id, process_id) values (p_queue_id, p_process_id) returning id into v_id;
  perform _close_event_window(p_queue_id);
  return json_build_object('id', v_id, 'after', (
    select format('%s-0', coalesce(max(w.number) + 1, 0)) from event_window w where w.queue_id = p_queue_id));
end;
$$;
