-- Ends the sessions in which a dead worker still holds transactions of its jobs, and with them whatever these have
-- locked. Without the right to do so nothing happens: the server ends them by itself when they were idle for the
-- worker's lock_ms (begin_transaction).
-- Called by  _end_leases_of_dead, unregister_worker
create or replace function _end_sessions(p_worker_id bigint) returns void
language plpgsql as $$
declare
  v_pids integer[] := array(
    select a.pid from pg_stat_activity a
    where a.datname = current_database() and a.application_name = _session_name(p_worker_id) and a.pid <> pg_backend_pid());
begin
  if v_pids <> '{}' then
    perform pg_terminate_backend(p) from unnest(v_pids) p;
  end if;
exception when insufficient_privilege then
  null;
end;
$$;
