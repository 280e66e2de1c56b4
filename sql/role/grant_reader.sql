-- Lets a role read the views and flow_tree, with all data of all jobs, and change nothing. Stays in force, and up to date,
-- when the schema is migrated.
--
--   select tuskmq.grant_reader('monitoring');
--
-- Called by  the owner of the schema, or a superuser; _secure
create or replace function grant_reader(p_role text) returns void
language plpgsql set search_path from current as $$
begin
  perform _grant_functions(p_role, array['flow_tree', 'queue_id']);
  execute format('grant select on jobs, queues, workers, locks, schedulers, steps to %I', p_role);
  -- A view reads tables with the rights of its owner, but calls functions with those of its reader.
  execute format('grant execute on function _state(job_status, integer), _step_state(step, timestamptz), _now() to %I', p_role);
end;
$$;
