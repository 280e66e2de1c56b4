-- The time that a number of milliseconds since 1970 stands for.
create or replace function _at(p_epoch_ms bigint) returns timestamptz
language sql stable parallel safe as $$
  select timestamptz '1970-01-01 00:00:00+00' + p_epoch_ms * interval '1 millisecond'
$$;
