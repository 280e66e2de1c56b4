-- Records what became of active jobs, as _settle_jobs says, whoever ran them.
--
-- Moves      active -> completed, failed, waiting, delayed, or removed
-- Called by  Store.settleJobs (Job.moveToCompleted, Job.moveToFailed)
-- Writes     as _settle_jobs
-- Locks      as _settle_jobs
-- Notifies   wake, event
create or replace function settle_jobs(p_queue_id integer, p_items json) returns json
language plpgsql set search_path from current as $$
begin
  return _settle_jobs(p_queue_id, p_items, _queue_mode(p_queue_id, null, null))::json;
end;
$$;
