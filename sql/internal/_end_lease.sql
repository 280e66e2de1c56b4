-- Ends the lease under which a worker holds its jobs: each is held by a lock of its own from now on, until p_until, or longer where it
-- was locked for longer already. Whoever looks for locks that ran out takes it over then (_recover_expired_locks). A job whose row
-- is locked elsewhere is left for later.
-- Called by  unregister_worker, _end_leases_of_dead
-- Writes     job_state
-- Locks      the jobs, skip locked
create or replace function _end_lease(p_queue_id integer, p_worker_id bigint, p_until timestamptz) returns void
language plpgsql as $$
begin
  update job_state s
  set worker_id = null, lock_until = greatest(s.lock_until, p_until)
  where s.ctid = any(array(
    select h.ctid from job_state h
    where h.queue_id = p_queue_id and h.worker_id = p_worker_id and h.status = 'active'
    order by h.id
    for update skip locked));
end;
$$;
