-- Raises for jobs of a queue that is newer than the snapshot of the transaction.
-- Called by  add_jobs, add_waiting
create or replace function _refuse_unseen_queue() returns void
language plpgsql as $$
begin
  raise exception 'A job cannot be added to a queue that is newer than the snapshot of this transaction'
    using errcode = 'object_not_in_prerequisite_state',
          hint = 'Under repeatable read, make the queue before the transaction begins: `await queue.waitUntilReady()`.';
end;
$$;
