-- Takes from a role whatever grant_producer, grant_worker and grant_reader gave it.
--
--   select tuskmq.revoke_access('shop');
--
-- Called by  the owner of the schema, or a superuser
create or replace function revoke_access(p_role text) returns void
language plpgsql set search_path from current as $$
declare
  v_signature regprocedure;
begin
  for v_signature in
    select distinct p.oid::regprocedure
    from pg_proc p, aclexplode(p.proacl) a
    where p.pronamespace = quote_ident(current_schema())::regnamespace and a.grantee = quote_ident(p_role)::regrole
  loop
    execute format('revoke execute on function %s from %I', v_signature, p_role);
  end loop;
  execute format('revoke select on release, jobs, queues, workers, locks, schedulers, steps from %I', p_role);
  execute format('revoke usage on schema %I from %I', current_schema(), p_role);
end;
$$;
