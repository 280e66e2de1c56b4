-- The database clock, read once a statement; tests move it with `set tuskmq.now`.
-- Stable and a single expression, so that it is inlined and an index on a time column stays usable
-- (clock_timestamp() in a WHERE forces a sequential scan).
create or replace function _now() returns timestamptz
language sql stable as $$
  select coalesce(nullif(current_setting('tuskmq.now', true), '')::timestamptz, statement_timestamp())
$$;
