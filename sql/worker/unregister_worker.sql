-- Forgets a worker that stopped. Jobs that it still holds, for it was closed by force while they ran, stay its own until its lease would
-- have run out: they may run on. Transactions that it left open are ended, so that none of these jobs stays locked: once the worker
-- is forgotten, nobody comes back for it.
-- Called by  Store.unregisterWorker, unregister_process
-- Writes     worker; as _end_lease
-- Locks      advisory: the worker's; its jobs in order of id
create or replace function unregister_worker(p_queue_id integer, p_worker_id bigint) returns void
language plpgsql set search_path from current as $$
declare
  v_worker worker;
begin
  perform pg_advisory_xact_lock(_lock_key('worker', p_worker_id));
  delete from worker w where w.queue_id = p_queue_id and w.id = p_worker_id returning * into v_worker;
  if found then
    perform _end_sessions(p_worker_id);
    perform from job_state s
    where s.queue_id = p_queue_id and s.worker_id = p_worker_id and s.status = 'active'
    order by s.id for update;
    perform _end_lease(p_queue_id, p_worker_id, _now() + _ms(v_worker.lock_ms));
  end if;
end;
$$;
