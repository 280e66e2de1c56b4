-- Lets a role use the whole library, with `Queue`, `Worker` and all the other classes: all that it takes but the right to
-- migrate. It has no right on the tables but to read `release`; everything is done by functions. Stays in force, and up to date, when the schema
-- is migrated.
--
--   select tuskmq.grant_worker('app');
--
-- Called by  the owner of the schema, or a superuser; _secure
create or replace function grant_worker(p_role text) returns void
language plpgsql set search_path from current as $$
begin
  perform _grant_functions(p_role);
  execute format('grant select on release to %I', p_role);
end;
$$;
