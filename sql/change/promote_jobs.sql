-- Lets up to p_limit delayed jobs of a queue run now, first those that are due first. Returns how many; call
-- again until it is 0.
--
-- Moves      delayed -> waiting
-- Called by  Store.promoteJobs (Queue.promoteJobs)
-- Writes     job_state, event
-- Locks      the jobs, skip locked
-- Notifies   wake, event
create or replace function promote_jobs(p_queue_id integer, p_limit integer) returns integer
language plpgsql set search_path from current as $$
declare
  v_count integer := _promote(p_queue_id, 'infinity', p_limit);
begin
  perform _wake(p_queue_id);
  return v_count;
end;
$$;
