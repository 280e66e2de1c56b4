-- Makes a worker of a queue known and returns its id, under which it claims jobs. p_lock_ms is its lease: how
-- long after the last heartbeat of its process it holds its jobs. Without p_renews_locks each job is
-- held for p_lock_ms from its claim, however alive the worker. Null when the process is not known any more.
--
-- Called by  Store.registerWorker
-- Writes     worker
-- Locks      the process, against being forgotten meanwhile
create or replace function register_worker(
  p_queue_id integer, p_process_id bigint, p_uid text, p_name text, p_concurrency integer, p_lock_ms bigint,
  p_renews_locks boolean
) returns bigint
language plpgsql set search_path from current as $$
declare
  v_id bigint;
begin
  insert into worker (queue_id, process_id, uid, name, concurrency, lock_ms, renews_locks,
                      started_at)
  select p_queue_id, p.id, p_uid, p_name, p_concurrency, p_lock_ms, p_renews_locks, _now()
  from process p where p.id = p_process_id
  for key share
  returning id into v_id;
  return v_id;
end;
$$;
