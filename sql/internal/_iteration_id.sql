-- The id of the job that a scheduler makes for a slot, milliseconds since 1970.
create or replace function _iteration_id(p_scheduler_id text, p_slot bigint) returns text
language sql immutable parallel safe as $$
  select 'repeat:' || p_scheduler_id || ':' || p_slot
$$;
