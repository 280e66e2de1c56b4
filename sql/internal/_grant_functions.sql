-- Lets a role use this schema and call the public functions of these names; of all names without p_names. Ours are told
-- from others in the schema by what _secure has made of them.
-- Called by  grant_producer, grant_worker, grant_reader
create or replace function _grant_functions(p_role text, p_names text[] default null) returns void
language plpgsql as $$
declare
  v_signature regprocedure;
begin
  execute format('grant usage on schema %I to %I', current_schema(), p_role);
  for v_signature in
    select p.oid::regprocedure
    from pg_proc p
    where p.pronamespace = quote_ident(current_schema())::regnamespace and (p.prosecdef or p.proname = 'end_session')
      and 'search_path=' || current_setting('search_path') = any(p.proconfig)
      and (p_names is null or p.proname = any(p_names))
  loop
    execute format('grant execute on function %s to %I', v_signature, p_role);
  end loop;
end;
$$;
