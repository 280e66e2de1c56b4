-- Ties the life of a process to this session: as long as the session lives, the process is not taken for dead before its lease ran out.
-- Called by  Store.holdProcessLock, on the session that listens. The one lock here that outlives its transaction.
-- Writes     process
-- Locks      advisory, session: the process's
create or replace function hold_process_lock(p_process_id bigint) returns boolean
language plpgsql set search_path from current as $$
begin
  if pg_try_advisory_lock(_lock_key('process', p_process_id)) then
    update process p set holds_lock = true where p.id = p_process_id;
    return found;
  end if;
  return false;
end;
$$;
