-- How many of p_limit jobs a claim may take: fewer if the queue limits how many are active at the same time, or if
-- p_rate_max limits how many are claimed in a window. One claim after the other, so that none counts too little.
-- Called by  _choose_jobs
-- Locks      the queue
create or replace function _limit_claim(p_queue_id integer, p_limit integer, p_rate_max integer) returns integer
language plpgsql as $$
declare
  v_concurrency integer;
  v_claimed     integer;
begin
  select q.concurrency into v_concurrency from queue q where q.id = p_queue_id for no key update;
  -- From here on a statement sees what whoever held the lock has claimed.
  select w.count into v_claimed from rate_window w where w.queue_id = p_queue_id and w.ends_at > _now();
  return greatest(least(
    p_limit,
    v_concurrency - (select count(*) from job_state s
                     where v_concurrency is not null and s.queue_id = p_queue_id and s.status = 'active')::integer,
    p_rate_max - coalesce(v_claimed, 0)), 0);
end;
$$;
