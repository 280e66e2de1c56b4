-- The prefix in <prefix>:<name>, or 'bull'.
create or replace function _queue_prefix(p_queue text) returns text
language sql immutable parallel safe as $$
  select case when strpos(p_queue, ':') = 0 then 'bull' else regexp_replace(p_queue, ':[^:]*$', '') end
$$;
