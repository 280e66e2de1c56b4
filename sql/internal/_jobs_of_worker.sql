-- Locks and returns the active jobs of a worker that no explicit lock holds any longer. A row that is locked
-- elsewhere is left for later.
-- Called by  unregister_worker, _recover_dead_workers
-- Locks      the jobs, skip locked
create or replace function _jobs_of_worker(p_queue_id integer, p_worker_id bigint) returns text[]
language plpgsql as $$
begin
  return array(
    select s.id from job_state s
    where s.queue_id = p_queue_id and s.worker_id = p_worker_id and s.status = 'active'
      and (s.lock_until is null or s.lock_until <= _now())
    order by s.seq
    for update skip locked);
end;
$$;
