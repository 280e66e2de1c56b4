-- Holds the wake lock of a queue until commit, shared. A worker that finds it free knows that no transaction is open which has
--   made a job claimable without a notification (_wake, settle_and_claim), or
--   drawn a place at the tail of the queue, a seq from job_seq: what comes later gets a greater one (_find_ranges).
-- So it is taken before a seq is drawn. The head of a queue, negative seqs, needs no such care: claims always look there.
--
-- Called by  _wake; before nextval or any lock on the queue, whatever makes jobs claimable
-- Locks      advisory, shared; waits only for the last look of a worker that goes to sleep
create or replace function _hold_wake_lock(p_queue_id integer) returns void
language sql as $$
  select pg_advisory_xact_lock_shared(_lock_key('wake', p_queue_id))
$$;
