-- From its commit on, transactions that begin write events of this queue. Returns {id, cursor}: the
-- listener's id, and where it begins to read.
-- Called by  Store.listenToEvents (QueueEvents)
-- Writes     event_listener
create or replace function listen_to_events(p_queue_id integer, p_process_id bigint) returns json
language plpgsql set search_path from current as $$
declare
  v_id bigint;
begin
  insert into event_listener (queue_id, process_id) values (p_queue_id, p_process_id) returning id into v_id;
  return json_build_object('id', v_id, 'cursor', pg_current_snapshot()::text);
end;
$$;
