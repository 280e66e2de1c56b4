-- Ends the session in which a step that took too long holds its transaction, whatever it is doing. The caller still holds
-- the connection, so that the number is nobody else's.
-- Called by  Store.endSession (engine/job-transaction.ts)
create or replace function end_session(p_pid integer) returns boolean
language plpgsql set search_path from current as $$
begin
  return pg_terminate_backend(p_pid);
end;
$$;
