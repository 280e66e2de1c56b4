-- The next place at the tail of a queue, for a statement that finds out on its way who needs one.
-- Called by  _change_parents
-- Locks      the wake lock of the queue, shared
create or replace function _place_at_tail(p_queue_id integer) returns bigint
language plpgsql as $$
begin
  perform _hold_wake_lock(p_queue_id);
  return nextval('job_seq');
end;
$$;
