-- Holds active jobs for p_ms from now, whatever happens to the worker. p_locks is a JSON array of {id,
-- token}.
-- Returns the ids that are not held under their token, as a JSON array, or null.
-- Called by  Store.extendLocks (Job.extendLock, Worker.extendJobLocks, manual fetching)
-- Writes     job_state
-- Locks      the jobs in order of id
create or replace function extend_locks(p_queue_id integer, p_locks text, p_ms bigint) returns json
language plpgsql set search_path from current as $$
declare
  v_lock   record;
  v_failed text[] := '{}';
begin
  for v_lock in select l.id, l.token from json_to_recordset(p_locks::json) as l(id text, token text) order by l.id loop
    update job_state s
    set lock_until = _now() + _ms(p_ms)
    where s.queue_id = p_queue_id and s.id = v_lock.id and s.lock_token = v_lock.token and s.finished_at is null
      and not _is_lock_over(s);
    if not found then
      v_failed := v_failed || v_lock.id;
    end if;
  end loop;
  return to_json(nullif(v_failed, '{}'));
end;
$$;
