-- The name in <prefix>:<name>, or the whole.
create or replace function _queue_name(p_queue text) returns text
language sql immutable parallel safe as $$
  select regexp_replace(p_queue, '^.*:', '')
$$;
