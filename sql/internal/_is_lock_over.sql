-- Whether a job was held until a time that has come, and not under a worker's lease: nobody's run holds it any more, though
-- nobody has taken it over yet.
-- Called by  _may_settle, _complete_jobs, _lock_outcome, extend_locks, _remove_family
create or replace function _is_lock_over(s job_state) returns boolean
language sql stable parallel safe as $$
  select s.worker_id is null and s.lock_until is not null and s.lock_until < _now()
$$;
