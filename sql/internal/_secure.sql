-- Makes the functions of this schema what rights are given on, instead of its tables. A public function runs with the
-- rights of its owner, under a search_path that ends in pg_temp, and nobody else may call any until grant_producer,
-- grant_worker or grant_reader says so: PostgreSQL lets everybody call a new function. Roles that had been granted something
-- get what this version adds to it.
--
-- p_names are the functions that this version brings: others in the schema are left alone. Functions that grant, and end_session, which ends sessions of
-- its caller, run with the rights of the caller.
--
-- Called by  migrate, after it has replaced the functions, in the same transaction
create or replace function _secure(p_names text[]) returns void
language plpgsql as $$
declare
  v_function record;
  v_grant    record;
begin
  for v_function in
    select p.oid::regprocedure as signature, p.proname ~ '^(_|grant_|revoke_|end_session$)' as is_plain
    from pg_proc p
    where p.pronamespace = quote_ident(current_schema())::regnamespace and p.proname = any(p_names) and p.prokind = 'f'
  loop
    execute format('revoke execute on function %s from public', v_function.signature);
    if not v_function.is_plain then
      execute format('alter function %s security definer', v_function.signature);
    end if;
  end loop;

  -- Each of the three is given by one of the grants; add_job also by grant_worker, which includes grant_producer.
  for v_grant in
    select distinct p.proname as function, r.rolname as role
    from pg_proc p, aclexplode(p.proacl) a, pg_roles r
    where p.pronamespace = quote_ident(current_schema())::regnamespace and r.oid = a.grantee
      and p.proname in ('add_job', 'settle_and_claim', '_state') and a.grantee <> p.proowner
  loop
    case v_grant.function
      when 'add_job' then perform grant_producer(v_grant.role);
      when 'settle_and_claim' then perform grant_worker(v_grant.role);
      when '_state' then perform grant_reader(v_grant.role);
    end case;
  end loop;
end;
$$;
