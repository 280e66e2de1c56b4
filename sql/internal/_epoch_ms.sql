-- A time as milliseconds since 1970, the unit of the JavaScript API.
create or replace function _epoch_ms(p_at timestamptz) returns bigint
language sql stable parallel safe as $$
  select floor(extract(epoch from p_at) * 1000)::bigint
$$;
