-- Takes over jobs of these queues that were held by a lock of their own which ran out, as those of dead workers are from their end on, and
-- not by a worker's lease. Returns [{queueId, id}].
-- Called by  heartbeat
-- Writes     as _recover_jobs
-- Locks      the jobs, skip locked
create or replace function _recover_expired_locks(p_checked jsonb) returns jsonb
language plpgsql as $$
declare
  v_now       timestamptz := _now();
  v_queue     record;
  v_ids       text[];
  v_recovered jsonb := '[]';
begin
  for v_queue in
    select q.id, q.max_stalled_count
    from (select (e->>'queueId')::integer as id, (e->>'maxStalledCount')::integer as max_stalled_count
          from jsonb_array_elements(p_checked) e offset 0) q
    where exists (select from job_state s
                  where s.queue_id = q.id and s.status = 'active' and s.lock_until < v_now and s.worker_id is null)
    order by q.id
  loop
    v_ids := array(
      select s.id from job_state s
      where s.queue_id = v_queue.id and s.status = 'active' and s.lock_until < v_now and s.worker_id is null
      order by s.seq
      for update skip locked);
    perform _recover_jobs(v_queue.id, v_ids, v_queue.max_stalled_count);
    v_recovered := v_recovered || coalesce(
      (select jsonb_agg(jsonb_build_object('queueId', v_queue.id, 'id', i.id)) from unnest(v_ids) i(id)), '[]');
  end loop;
  return v_recovered;
end;
$$;
