-- A duration of so many milliseconds.
create or replace function _ms(p_ms bigint) returns interval
language sql immutable parallel safe as $$
  select p_ms * interval '1 millisecond'
$$;
