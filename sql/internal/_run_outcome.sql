-- Whether a run still holds its job: _lock_outcome for the row as it was read (null: there is none). Outcomes: ok,
-- missing, already_settled (finished under this token), lock_missing, lock_mismatch, not_active.
create or replace function _run_outcome(s job_state, p_token text) returns text
language sql stable parallel safe as $$
  select case
    when s.id is null then 'missing'
    when s.finished_at is not null and s.lock_token = p_token then 'already_settled'
    else _lock_outcome(s, p_token)
  end
$$;
