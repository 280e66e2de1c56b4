-- Whether the bearer of a token may move an active job. Token '0' asks for no lock, only for the state, as in
-- BullMQ. Outcomes: ok, lock_missing, lock_mismatch, not_active.
create or replace function _lock_outcome(p_status job_status, p_lock_token text, p_token text) returns text
language sql immutable parallel safe as $$
  select case
    when p_token = '0' then case when p_status = 'active' then 'ok' else 'not_active' end
    when p_status <> 'active' or p_lock_token is null then 'lock_missing'
    when p_lock_token <> p_token then 'lock_mismatch'
    else 'ok'
  end
$$;
