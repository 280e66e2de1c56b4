-- Takes active jobs away from whoever held them, to the head of the queue. One that stalled too often fails
-- at its next activation, unless it belongs to a scheduler: what failed in mid-schedule would end it.
-- Moves      active -> waiting
-- Called by  _recover_expired_locks, _recover_unmoved; they hold the locks on the jobs
-- Writes     job_state, event
-- Notifies   wake, event
create or replace function _recover_jobs(p_queue_id integer, p_ids text[], p_max_stalled_count integer) returns void
language plpgsql as $$
begin
  if p_ids = '{}' then
    return;
  end if;
  -- Materialized: a plan that scans this again for each job must not number them again.
  with n as materialized (
    select p_queue_id as queue_id, i.id, -nextval('job_seq') as seq from (select i.id from unnest(p_ids) with ordinality i(id, at) order by i.at desc) i
  )
  update job_state s
  set status = 'waiting', worker_id = null, lock_token = null, lock_until = null,
      seq = n.seq,
      stalled_count = s.stalled_count + 1,
      deferred_failure = case when s.scheduler_id is null and s.stalled_count + 1 > p_max_stalled_count
                              then 'job stalled more than allowable limit'
                              else s.deferred_failure end
  from n
  where s.queue_id = n.queue_id and s.id = any (array[n.id]);
  perform _publish_moves(p_queue_id, 'waiting', p_ids, 'active');
  perform _publish_moves(p_queue_id, 'stalled', p_ids, null);
  perform _wake(p_queue_id);
end;
$$;
