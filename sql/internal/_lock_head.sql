-- Locks up to p_limit waiting jobs at the head of a queue, and returns their places in the table, in order.
--
-- What was claimed long ago leaves dead entries in the index. Those of a snapshot that is still open anywhere in the database
-- cannot be cleared away, and each claim would wade through all of them: it jumps over them, by floors.
--
-- It asks once more whether the queue is paused, now by the snapshot that finds the jobs: one that was added after the pause
-- is not to be taken by a claim that began before it.
--
-- Called by  _claim_jobs
-- Locks      the jobs, skip locked
create or replace function _lock_head(p_queue_id integer, p_limit integer, p_floors claim_floor[]) returns tid[]
language plpgsql as $$
declare
  v_rows  tid[] := '{}';
  v_from  claim_floor := row(-2147483648, 0);
  v_floor claim_floor;
begin
  foreach v_floor in array p_floors loop
    v_rows := v_rows || array(
      select s.ctid from job_state s
      where s.queue_id = p_queue_id and s.status = 'waiting'
        and (s.priority, s.seq) >= (v_from.priority, v_from.seq) and (s.priority, s.seq) < (v_floor.priority, 0)
        and not (select q.paused from queue q where q.id = p_queue_id)
      order by s.priority, s.seq
      limit p_limit - cardinality(v_rows)
      for update skip locked);
    v_from := v_floor;
  end loop;
  return v_rows || array(
    select s.ctid from job_state s
    where s.queue_id = p_queue_id and s.status = 'waiting'
      and (s.priority, s.seq) >= (v_from.priority, v_from.seq)
      and not (select q.paused from queue q where q.id = p_queue_id)
    order by s.priority, s.seq
    limit p_limit - cardinality(v_rows)
    for update skip locked);
end;
$$;
