-- Tells sleeping workers of a queue that limits how many jobs are active at the same time that there may be room for one
-- more.
-- Called by  whatever ends the activity of a job without making one claimable
-- Notifies   wake
create or replace function _wake_for_slot(p_queue_id integer) returns void
language plpgsql as $$
begin
  if exists (select from queue q where q.id = p_queue_id and q.concurrency is not null) then
    perform _wake(p_queue_id);
  end if;
end;
$$;
