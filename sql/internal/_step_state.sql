-- How a step stands at a time, in the words of the API: completed, failed (its last try, so far), sleeping, waiting,
-- timed-out. Calls nothing: a view runs it under its reader's search_path.
create or replace function _step_state(s step, p_now timestamptz) returns text
language sql immutable parallel safe as $$
  select case
    when s.kind = 'signal' and s.finished_at is not null and s.result is null then 'timed-out'
    when s.finished_at is not null or s.kind = 'sleep' and s.wake_at <= p_now then 'completed'
    when s.kind = 'step' then 'failed'
    when s.kind = 'sleep' then 'sleeping'
    else 'waiting'
  end
$$;
