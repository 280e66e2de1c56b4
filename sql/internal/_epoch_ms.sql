-- A time as milliseconds since 1970, the unit of the JavaScript API. Not by extract(), whose numeric arithmetic
-- takes several times as long.
create or replace function _epoch_ms(p_at timestamptz) returns bigint
language sql stable parallel safe as $$
  select (date_part('epoch', date_trunc('milliseconds', p_at)) * 1000)::bigint
$$;
