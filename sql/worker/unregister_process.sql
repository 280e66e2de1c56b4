-- Forgets a process that ends in good order, with its workers and listeners.
-- Called by  Store.unregisterProcess
-- Writes     process, worker, event_listener; as _end_lease
create or replace function unregister_process(p_process_id bigint) returns void
language plpgsql set search_path from current as $$
begin
  perform unregister_worker(w.queue_id, w.id) from worker w where w.process_id = p_process_id;
  delete from event_listener l where l.process_id = p_process_id;
  delete from process p where p.id = p_process_id;
end;
$$;
