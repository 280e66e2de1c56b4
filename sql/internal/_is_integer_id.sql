-- Whether a custom id is the canonical text of an integer, which ids that are counted up could meet. As JavaScript sees
-- it: '007' and '9007199254740993' are not, for they come back changed from being read as a number; 'NaN' is.
create or replace function _is_integer_id(p_id text) returns boolean
language sql immutable parallel safe as $$
  select p_id = 'NaN'
      or case when p_id ~ '^(0|-?[1-9][0-9]{0,20})$' then p_id::float8::text::numeric = p_id::numeric else false end
$$;
