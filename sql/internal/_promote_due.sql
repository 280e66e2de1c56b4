-- Moves delayed jobs that are due to the back of the queue, in order of their due time: at most 1,000 at once.
-- Moves      delayed -> waiting
-- Called by  _claim_jobs
-- Writes     job_state, event
-- Locks      due jobs, skip locked
create or replace function _promote_due(p_queue_id integer) returns void
language plpgsql as $$
declare
  v_now timestamptz := _now();
  v_ids text[];
begin
  v_ids := array(
    select s.id from job_state s
    where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at <= v_now
    order by s.run_at, s.seq
    limit 1000
    for update skip locked);
  if v_ids = '{}' then
    return;
  end if;
  update job_state s
  set status = 'waiting', run_at = null, seq = n.seq
  from (select i.id, nextval('job_seq') as seq from unnest(v_ids) i(id)) n
  where s.queue_id = p_queue_id and s.id = n.id;
  perform _publish_moves(p_queue_id, 'waiting', v_ids, 'delayed');
end;
$$;
