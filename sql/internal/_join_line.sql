-- Before a waiting job is given its place at the tail of its queue, a seq from job_seq: holds the queue's wake lock until
-- commit. So a worker that finds that lock free knows that whatever comes later gets a greater seq than
-- all that it sees (_find_floors). The head of a queue, negative seqs, needs no such care: claims always look there.
-- Called by  every function that puts a job at the tail, before it calls nextval
-- Locks      advisory, shared, the queue's wake lock
create or replace function _join_line(p_queue_id integer) returns void
language sql as $$
  select pg_advisory_xact_lock_shared(_lock_key('wake', p_queue_id))
$$;
