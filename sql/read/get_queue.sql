-- The settings of a queue as a JSON object {paused, rateLimitTtl}: milliseconds until the end of its rate
-- limit, or null.
-- Called by  Store.getQueue (Queue.isPaused, Queue.getRateLimitTtl)
create or replace function get_queue(p_queue_id integer) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_build_object('paused', q.paused,
      'rateLimitTtl', case when q.rate_limited_until > _now() then ceil(extract(epoch from q.rate_limited_until - _now()) * 1000) end)
    from queue q where q.id = p_queue_id);
end;
$$;
