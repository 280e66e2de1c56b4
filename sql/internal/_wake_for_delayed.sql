-- Tells sleeping workers of a queue about new delayed jobs, if one of them is now the first to come due:
-- a sleeping worker has already set its alarm for every earlier one.
create or replace function _wake_for_delayed(p_queue_id integer, p_run_at timestamptz) returns void
language plpgsql as $$
begin
  -- Also when nobody is told: an earlier job may have run by the time we commit, and a worker gone to sleep without seeing ours.
  perform _hold_wake_lock(p_queue_id);
  if not exists (select from job_state s where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at < p_run_at) then
    perform _wake(p_queue_id);
  end if;
end;
$$;
