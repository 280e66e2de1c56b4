-- Whether the bearer of a token may move an active job. Token '0' asks for no lock, only for the state, as in
-- BullMQ. Outcomes: ok, lock_missing, lock_mismatch, not_active.
create or replace function _lock_outcome(s job_state, p_token text) returns text
language sql stable parallel safe as $$
  select case
    when p_token = '0' then case when s.status = 'active' then 'ok' else 'not_active' end
    when s.status <> 'active' or s.lock_token is null or _is_lock_over(s) then 'lock_missing'
    when s.lock_token is distinct from coalesce(p_token, '') then 'lock_mismatch'
    else 'ok'
  end
$$;
