-- Whether a report under this token may settle a job: one that is held under it, and can have ended so. '0' asks for no lock.
-- Called by  _settle_jobs
create or replace function _may_settle(s job_state, p_token text, p_outcome text) returns boolean
language sql stable parallel safe as $$
  select (s.lock_token = p_token or p_token = '0') and s.lock_token is not null and s.finished_at is null
         and not (_is_lock_over(s) and p_token <> '0')
         and (p_outcome <> 'completed' or (s.pending_children = 0 and s.failed_children = 0))
$$;
