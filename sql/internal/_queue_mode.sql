-- What settling and claiming have to know of a queue, in one look. p_rate_max and p_rate_ms are the limit of a worker, or null.
-- Called by  settle_and_claim, claim_jobs, settle_jobs
create or replace function _queue_mode(p_queue_id integer, p_rate_max integer, p_rate_ms bigint) returns queue_mode
language plpgsql stable as $$
declare
  v_now  timestamptz := _now();
  v_mode queue_mode;
begin
  select q.paused or exists (select from rate_window w
                             where w.queue_id = p_queue_id and _is_rate_limited(w, coalesce(q.rate_max, p_rate_max))),
         q.concurrency is not null,
         coalesce(q.rate_max, p_rate_max), coalesce(p_rate_ms, q.rate_ms),
         exists (select from job_state s
                 where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at <= v_now),
         exists (select from event_listener l where l.queue_id = p_queue_id)
  into v_mode
  from queue q
  where q.id = p_queue_id;
  return v_mode;
end;
$$;
