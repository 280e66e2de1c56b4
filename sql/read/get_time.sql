-- The database's time in milliseconds since 1970: what clients compute with, so that their own clocks decide
-- nothing.
-- Called by  Store.getTime (engine/schedule.ts)
create or replace function get_time() returns bigint
language plpgsql stable set search_path from current as $$
begin
  return _epoch_ms(_now());
end;
$$;
