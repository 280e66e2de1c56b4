-- Milliseconds until a worker that found nothing has a reason to look again by itself: a delayed job or the
-- end of a rate limit is due. Null: no reason.
-- Called by  settle_and_claim, claim_jobs
create or replace function _wake_in(p_queue_id integer) returns bigint
language plpgsql stable as $$
declare
  v_due_at  timestamptz;
  v_free_at timestamptz;
begin
  select s.run_at into v_due_at
  from job_state s where s.queue_id = p_queue_id and s.status = 'delayed' order by s.run_at limit 1;
  select q.rate_limited_until into v_free_at
  from queue q where q.id = p_queue_id and q.rate_limited_until > _now();
  -- greatest() alone would make 0 of null.
  return case when least(v_due_at, v_free_at) is not null
              then greatest(ceil(extract(epoch from least(v_due_at, v_free_at) - _now()) * 1000), 0) end;
end;
$$;
