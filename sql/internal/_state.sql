-- The state as BullMQ names it: a waiting job with a priority is 'prioritized'.
create or replace function _state(p_status job_status, p_priority integer) returns text
language sql immutable parallel safe as $$
  select case when p_status = 'waiting' and p_priority <> 0 then 'prioritized' else p_status::text end
$$;
