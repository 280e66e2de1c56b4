-- When a job is due that only a signal wakes. Finite, because of infinite times PostgreSQL before 17 computes no
-- distances.
create or replace function _never() returns timestamptz
language sql immutable parallel safe as $$
  select timestamptz '9999-12-31 00:00:00+00'
$$;
