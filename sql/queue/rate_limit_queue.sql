-- Lets no worker of a queue claim anything for so many milliseconds; 0 ends every limit that is in force now. Returns
-- whether one was.
-- Called by  Store.rateLimitQueue (Queue.rateLimit, Queue.removeRateLimitKey)
-- Writes     rate_window
-- Locks      the queue, as claims do
-- Notifies   wake
create or replace function rate_limit_queue(p_queue_id integer, p_ms bigint) returns boolean
language plpgsql set search_path from current as $$
declare
  v_was_limited boolean;
begin
  perform _hold_wake_lock(p_queue_id);
  perform from queue q where q.id = p_queue_id for no key update;
  v_was_limited := exists (select from rate_window w where w.queue_id = p_queue_id and w.ends_at > _now());
  -- A window that is full whatever is allowed in it.
  insert into rate_window (queue_id, count, ends_at) values (p_queue_id, 2147483647, _now() + _ms(p_ms))
  on conflict (queue_id) do update set count = excluded.count, ends_at = excluded.ends_at;
  perform _wake(p_queue_id);
  return v_was_limited;
end;
$$;
