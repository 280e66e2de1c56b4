-- Lets no worker of a queue claim anything for so many milliseconds; 0 ends the limit.
-- Called by  Store.rateLimitQueue
-- Writes     queue
-- Notifies   wake
create or replace function rate_limit_queue(p_queue_id integer, p_ms bigint) returns void
language plpgsql set search_path from current as $$
begin
  update queue set rate_limited_until = case when p_ms > 0 then _now() + _ms(p_ms) end where id = p_queue_id;
  perform _wake(p_queue_id);
end;
$$;
