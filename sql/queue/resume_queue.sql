-- Ends the pause of a queue and wakes its workers.
-- Called by  Store.resumeQueue
-- Writes     queue, event
-- Notifies   wake
create or replace function resume_queue(p_queue_id integer) returns void
language plpgsql set search_path from current as $$
begin
  perform _hold_wake_lock(p_queue_id);
  update queue set paused = false where id = p_queue_id;
  perform _publish(p_queue_id, 'resumed', null);
  perform _wake(p_queue_id);
end;
$$;
