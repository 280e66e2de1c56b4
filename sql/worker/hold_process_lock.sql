-- Ties the life of a process to this session: as long as the session lives, the process is not taken for dead
-- before its lease ran out.
-- Called by  Store.holdProcessLock, on the session that listens. The one lock here that outlives its
--            transaction.
-- Writes     process
-- Locks      advisory, session: the process's
create or replace function hold_process_lock(p_process_id bigint) returns boolean
language plpgsql set search_path from current as $$
declare
  v_holds_lock boolean;
begin
  -- A lock that an earlier session still holds says nothing about this one: the lease alone counts then.
  update process p
  set holds_lock = pg_try_advisory_lock(_lock_key('process', p_process_id))
  where p.id = p_process_id
  returning p.holds_lock into v_holds_lock;
  return coalesce(v_holds_lock, false);
end;
$$;
