-- Sets limits that hold for all workers of a queue together: p_limits is a JSON object of {concurrency, rate_max, rate_ms};
-- what it does not name stays, null ends a limit. Returns how many of those named were set before.
-- Called by  Store.limitQueue (Queue.setGlobalConcurrency, Queue.setGlobalRateLimit and their opposites)
-- Writes     queue
-- Notifies   wake
create or replace function limit_queue(p_queue_id integer, p_limits json) returns integer
language plpgsql set search_path from current as $$
declare
  v_limits jsonb := p_limits;
  v_was    jsonb;
begin
  perform _hold_wake_lock(p_queue_id);
  select to_jsonb(q) into v_was from queue q where q.id = p_queue_id for no key update;
  update queue q
  set concurrency = case when v_limits ? 'concurrency' then (v_limits->>'concurrency')::integer else q.concurrency end,
      rate_max = case when v_limits ? 'rate_max' then (v_limits->>'rate_max')::integer else q.rate_max end,
      rate_ms = case when v_limits ? 'rate_ms' then (v_limits->>'rate_ms')::bigint else q.rate_ms end
  where q.id = p_queue_id;
  perform _wake(p_queue_id);
  return (select count(*) from jsonb_object_keys(v_limits) l(name) where v_was->>l.name is not null);
end;
$$;
