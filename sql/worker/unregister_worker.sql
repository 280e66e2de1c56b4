-- Forgets a worker that stopped. Jobs that it still holds are taken over as those of a dead worker. Transactions that it
-- left open are ended, so that none of these jobs stays locked: once the worker is forgotten, nobody comes back for it.
-- Called by  Store.unregisterWorker, unregister_process
-- Writes     worker; as _recover_jobs
-- Locks      advisory: the worker's; its jobs in order of id
create or replace function unregister_worker(p_queue_id integer, p_worker_id bigint) returns void
language plpgsql set search_path from current as $$
declare
  v_max_stalled_count integer;
begin
  perform pg_advisory_xact_lock(_lock_key('worker', p_worker_id));
  delete from worker w where w.queue_id = p_queue_id and w.id = p_worker_id returning w.max_stalled_count into v_max_stalled_count;
  if found then
    perform _end_sessions(p_worker_id);
    perform from job_state s
    where s.queue_id = p_queue_id and s.worker_id = p_worker_id and s.status = 'active'
    order by s.id for update;
    perform _recover_jobs(p_queue_id, _jobs_of_worker(p_queue_id, p_worker_id), v_max_stalled_count);
    -- What an explicit lock holds beyond that is taken over when it runs out: _recover_expired_locks.
    update job_state s set worker_id = null
    where s.queue_id = p_queue_id and s.worker_id = p_worker_id and s.status = 'active';
  end if;
end;
$$;
