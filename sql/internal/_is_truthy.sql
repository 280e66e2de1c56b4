-- Whether JavaScript takes a JSON value for true; null is not.
create or replace function _is_truthy(p_value jsonb) returns boolean
language sql immutable parallel safe as $$
  select coalesce(p_value not in ('null', 'false', '0', '""'), false)
$$;
