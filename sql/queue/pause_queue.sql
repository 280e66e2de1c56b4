-- Pauses a queue for all workers: active jobs go on, adds are accepted, nothing is claimed.
-- Called by  Store.pauseQueue
-- Writes     queue, event
create or replace function pause_queue(p_queue_id integer) returns void
language plpgsql set search_path from current as $$
begin
  update queue set paused = true where id = p_queue_id;
  perform _publish(p_queue_id, 'paused', null);
end;
$$;
