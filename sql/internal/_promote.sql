-- Moves delayed jobs that are due by p_until to the back of the queue, in order of their due time: at most
-- p_limit at once. Returns how many.
--
-- Moves      delayed -> waiting
-- Called by  _choose_jobs, _settle_jobs, promote_jobs
-- Writes     job_state, event
-- Locks      the jobs, skip locked
create or replace function _promote(p_queue_id integer, p_until timestamptz, p_limit integer) returns integer
language plpgsql as $$
declare
  v_ids text[];
begin
  v_ids := array(
    select s.id from job_state s
    where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at <= p_until
    order by s.run_at, s.seq
    limit p_limit
    for update skip locked);
  if v_ids = '{}' then
    return 0;
  end if;
  perform _hold_wake_lock(p_queue_id);
  -- Materialized: a plan that scans this again for each job must not number them again.
  with n as materialized (select p_queue_id as queue_id, i.id, nextval('job_seq') as seq from unnest(v_ids) i(id))
  update job_state s
  set status = 'waiting', run_at = null, seq = n.seq
  from n
  where s.queue_id = n.queue_id and s.id = any (array[n.id]);
  perform _publish_moves(p_queue_id, 'waiting', v_ids, 'delayed');
  return cardinality(v_ids);
end;
$$;
