-- Whether a job waits in these ranges of a queue; anywhere in it, which may take long to find out, if they are null.
-- Called by  settle_and_claim, settle_and_claim_all, wake_workers, heartbeat
create or replace function _has_waiting(p_queue_id integer, p_ranges claim_range[]) returns boolean
language plpgsql as $$
begin
  return exists (
    select from unnest(coalesce(p_ranges, _all_ranges())) r
    cross join lateral (
      select from job_state s
      where s.queue_id = p_queue_id and s.status = 'waiting'
        and (s.priority, s.seq) >= (r.from_priority, r.from_seq) and (s.priority, s.seq) < (r.until_priority, 0)
      order by s.priority, s.seq
      limit 1) h);
end;
$$;
