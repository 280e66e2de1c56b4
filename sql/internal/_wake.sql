-- Tells sleeping workers of a queue that there may be work, at commit. p_is_single says that it is one job, and that the transaction commits
-- right after this statement.
--
-- A busy queue must not notify at all (a committing NOTIFY takes a lock that is global to the cluster), so
-- only registered hungry workers are told. The shared lock closes the hole between the look here and our
-- commit: a worker that goes to sleep tries the exclusive one, and knows by it that no transaction which
-- looked before it registered is still open (settle_and_claim).
--
-- Where workers sleep in many processes, only four of these are told of a single job, each on its own channel: 20 that all ask for it
-- keep a small machine busy for 20 ms. Who is told so passes it on when it cannot look (wake_workers). Not before a commit that may come
-- much later: they may all be gone by then.
--
-- Called by  every function that makes a job claimable, as its last step
-- Locks      advisory, shared, one a queue in order of id; waits only for the last look of a worker that goes
--            to sleep
-- Notifies   wake, process
create or replace function _wake(p_queue_id integer, p_is_single boolean default false) returns void
language plpgsql as $$
declare
  c_told constant integer := 4;
  -- Under repeatable read and serializable the snapshot may be older than the registration: notify all to be safe.
  v_is_sure   boolean := current_setting('transaction_isolation') = 'read committed';
  v_processes bigint[];
begin
  perform _hold_wake_lock(p_queue_id);
  if v_is_sure and not exists (select from worker w where w.queue_id = p_queue_id and w.hungry) then
    return;
  end if;
  if v_is_sure and p_is_single then
    v_processes := _sleeping_processes(p_queue_id, c_told + 1);
  end if;
  if cardinality(v_processes) > c_told then
    perform pg_notify(_channel('process', p.id), p_queue_id::text) from unnest(v_processes[:c_told]) p(id);
  else
    perform pg_notify(_channel('wake', p_queue_id), '');
  end if;
end;
$$;
