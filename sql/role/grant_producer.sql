-- Lets a role add jobs and flows from SQL, and nothing else: it has no right on any table. Stays in force, and up to date,
-- when the schema is migrated.
--
--   select tuskmq.grant_producer('shop');
--
-- Called by  the owner of the schema, or a superuser; _secure
create or replace function grant_producer(p_role text) returns void
language plpgsql set search_path from current as $$
begin
  perform _grant_functions(p_role, array['add_job', 'add_flow']);
end;
$$;
