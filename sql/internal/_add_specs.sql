-- Adds what was checked in SQL, all of it or nothing, and returns the id of the first job.
-- Called by  add_job, add_flow
-- Writes     as add_jobs
-- Raises     TQ005 parent_not_found, TQ007 parent_cannot_be_replaced
create or replace function _add_specs(p_specs jsonb[]) returns text
language plpgsql as $$
declare
  v_added json;
begin
  v_added := add_jobs((
    select json_agg(s.spec || jsonb_build_object('position', s.place - 1, 'unit', 0) order by s.place)
    from unnest(p_specs) with ordinality s(spec, place))::text);
  if v_added->>'missing_parents' is not null then
    raise exception 'Missing key for parent job %. addJob', v_added->'missing_parents'->0->>'key' using errcode = 'TQ005';
  end if;
  return v_added->'ids'->>0;
end;
$$;
