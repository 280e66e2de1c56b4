-- What settling and claiming have to know of a queue, in one look. p_rate_max and p_rate_ms are the limit of a worker, or null. No row
-- when there is no such queue. As in BullMQ the queue's own limit goes before that of the worker, but the worker's duration before the
-- queue's. A single query that is inlined.
-- Called by  settle_and_claim, settle_and_claim_all, claim_jobs, settle_jobs, _complete_plain_jobs
create or replace function _queue_mode(p_queue_id integer, p_rate_max integer, p_rate_ms bigint) returns setof queue_mode
language sql stable as $$
  select q.paused or exists (select from rate_window w
                             where w.queue_id = p_queue_id and _is_rate_limited(w, coalesce(q.rate_max, p_rate_max))),
         q.concurrency is not null,
         coalesce(q.rate_max, p_rate_max), coalesce(p_rate_ms, q.rate_ms),
         exists (select from job_state s
                 where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at <= _now()),
         exists (select from event_listener l where l.queue_id = p_queue_id)
  from queue q
  where q.id = p_queue_id
$$;
