-- Ends the session in which a step that took too long holds its transaction, whatever it is doing. The caller still holds
-- the connection, so that the number is nobody else's; sessions of other roles are not its business.
-- Runs with the rights of its caller, who may end no others.
-- Called by  Store.endSession (engine/job-transaction.ts)
create or replace function end_session(p_pid integer) returns boolean
language plpgsql set search_path from current as $$
begin
  return exists (select from pg_stat_activity a where a.pid = p_pid and a.usename = session_user)
     and pg_terminate_backend(p_pid);
end;
$$;
