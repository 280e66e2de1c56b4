-- Milliseconds until a worker that found nothing has a reason to look again by itself: a delayed job or the
-- end of a rate limit is due. Null: no reason.
-- Called by  settle_and_claim, settle_and_claim_all
create or replace function _wake_in(p_queue_id integer, p_rate_max integer) returns bigint
language plpgsql stable as $$
declare
  v_at timestamptz := least(
    (select s.run_at from job_state s where s.queue_id = p_queue_id and s.status = 'delayed' order by s.run_at limit 1),
    (select w.ends_at from rate_window w join queue q on q.id = w.queue_id
     where w.queue_id = p_queue_id and _is_rate_limited(w, coalesce(q.rate_max, p_rate_max))));
begin
  -- greatest() alone would make 0 of null.
  return case when v_at is not null then greatest(ceil(extract(epoch from v_at - _now()) * 1000), 0) end;
end;
$$;
