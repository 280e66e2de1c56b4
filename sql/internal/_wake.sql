-- Tells sleeping workers of a queue that there may be work, at commit.
--
-- A busy queue must not notify at all (a committing NOTIFY takes a lock that is global to the cluster), so
-- only registered hungry workers are told. The shared lock closes the hole between the look here and our
-- commit: a worker that goes to sleep tries the exclusive one, and knows by it that no transaction which
-- looked before it registered is still open (settle_and_claim).
--
-- Called by  every function that makes a job claimable, as its last step
-- Locks      advisory, shared, one a queue in order of id; waits only for the last look of a worker that goes
--            to sleep
-- Notifies   wake
create or replace function _wake(p_queue_id integer) returns void
language plpgsql as $$
begin
  perform _hold_wake_lock(p_queue_id);
  -- Under repeatable read and serializable the snapshot may be older than the registration: notify to be safe.
  if exists (select from worker w where w.queue_id = p_queue_id and w.hungry)
     or current_setting('transaction_isolation') <> 'read committed' then
    perform pg_notify(_channel('wake', p_queue_id), '');
  end if;
end;
$$;
