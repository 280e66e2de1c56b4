-- Locks up to p_limit waiting jobs at the head of a queue, and returns their places in the table, in order.
--
-- What was claimed long ago leaves dead entries in the index. Those of a snapshot that is still open anywhere in the database
-- cannot be cleared away, and each claim would wade through all of them: it looks only where jobs can wait, in ranges.
--
-- It asks once more whether the queue is paused, now by the snapshot that finds the jobs: one that was added after the pause
-- is not to be taken by a claim that began before it.
--
-- Called by  _choose_jobs, settle_and_claim_all
-- Locks      the jobs, skip locked
create or replace function _lock_head(p_queue_id integer, p_limit integer, p_ranges claim_range[]) returns tid[]
language plpgsql as $$
begin
  return array(
    select h.place
    from queue q
    cross join unnest(coalesce(p_ranges, _all_ranges())) r
    cross join lateral (
      select s.ctid as place from job_state s
      where s.queue_id = p_queue_id and s.status = 'waiting'
        and (s.priority, s.seq) >= (r.from_priority, r.from_seq) and (s.priority, s.seq) < (r.until_priority, 0)
      order by s.priority, s.seq
      limit p_limit
      for update skip locked) h
    where q.id = p_queue_id and not q.paused
    limit p_limit);
end;
$$;
