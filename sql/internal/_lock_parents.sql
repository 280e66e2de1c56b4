-- Locks the existing parents of new jobs, and tells which units name a parent that does not exist: [{unit,
-- key}] or null.
-- Called by  add_jobs
-- Locks      job_state rows of the parents, in order of key
create or replace function _lock_parents(p_specs job_spec[]) returns json
language plpgsql as $$
declare
  v_parent  record;
  v_missing jsonb := '[]';
begin
  for v_parent in
    select s.parent_queue_id, s.parent_id, array_agg(distinct s.unit) as units
    from unnest(p_specs) s
    where s.parent_id is not null and not s.parent_in_unit
    group by s.parent_queue_id, s.parent_id
    order by s.parent_queue_id, s.parent_id
  loop
    perform from job_state p where p.queue_id = v_parent.parent_queue_id and p.id = v_parent.parent_id for update;
    if not found then
      v_missing := v_missing || (select jsonb_agg(jsonb_build_object('unit', u, 'key', _job_key(v_parent.parent_queue_id, v_parent.parent_id)))
                                 from unnest(v_parent.units) u);
    end if;
  end loop;
  return nullif(v_missing, '[]')::json;
end;
$$;
