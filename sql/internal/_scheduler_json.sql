-- A scheduler as the JavaScript API receives it; times are milliseconds since 1970.
create or replace function _scheduler_json(c scheduler) returns json
language sql stable as $$
  select json_build_object(
    'id', c.id, 'name', c.name, 'data', c.data, 'opts', c.opts, 'next', _epoch_ms(c.next_at),
    'iterationCount', c.iteration_count, 'limit', c.run_limit, 'startDate', _epoch_ms(c.starts_at), 'endDate', _epoch_ms(c.ends_at),
    'tz', c.tz, 'pattern', c.pattern, 'every', c.every_ms, 'offset', c.offset_ms)
$$;
