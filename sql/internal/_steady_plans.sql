-- Has the public functions of this schema planned once a session, by plans that suit a full queue. What is in a queue changes
-- faster than statistics do, and a plan is kept however full the queue has become since: so none may read a table
-- in sequence, or hash or sort all of it, because there was little in it when the plan was made. Private functions run
-- under the settings of their callers.
--
-- p_names are the functions that this version brings: others in the schema are left alone.
-- Called by  migrate, after it has replaced the functions, in the same transaction
create or replace function _steady_plans(p_names text[]) returns void
language plpgsql as $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = quote_ident(current_schema())::regnamespace and p.proname = any(p_names) and p.prokind = 'f'
      and p.proname !~ '^(_|grant_|revoke_)' and l.lanname = 'plpgsql'
  loop
    execute format('alter function %s set plan_cache_mode = force_generic_plan', v_function);
    execute format('alter function %s set enable_seqscan = off', v_function);
    execute format('alter function %s set enable_hashjoin = off', v_function);
    execute format('alter function %s set enable_mergejoin = off', v_function);
    execute format('alter function %s set enable_memoize = off', v_function);
    -- A plan that has to read in sequence all the same is priced so high that it would be compiled: 70 ms for each.
    execute format('alter function %s set jit = off', v_function);
  end loop;
end;
$$;
