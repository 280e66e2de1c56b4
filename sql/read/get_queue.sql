-- The settings of a queue as a JSON object {paused, concurrency, rateMax, rateMs, maxEvents, isMaxed, claimed, windowEndsIn}: how many
-- jobs were claimed in the window of a rate limit that is open now, and the milliseconds until it ends; null without one.
-- Called by  Store.getQueue (Queue.isPaused, Queue.getRateLimitTtl, Queue.getMeta and their kin)
create or replace function get_queue(p_queue_id integer) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_build_object(
      'paused', q.paused, 'concurrency', q.concurrency, 'rateMax', q.rate_max, 'rateMs', q.rate_ms,
      'maxEvents', q.max_events,
      'isMaxed', _is_maxed(q.id, q.concurrency), 'claimed', w.count,
      'windowEndsIn', ceil(extract(epoch from w.ends_at - _now()) * 1000))
    from queue q
    left join rate_window w on w.queue_id = q.id and w.ends_at > _now()
    where q.id = p_queue_id);
end;
$$;
