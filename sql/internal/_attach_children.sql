-- Makes added jobs the children of their parents. A job that was there before joins a parent that is new to it, unless
-- it has another one that exists: completed, it counts at once as done, otherwise as pending.
-- Called by  add_jobs, which holds the locks on the parents
-- Writes     dependency, job_state (parents; duplicates that get a parent)
-- Raises     TQ007 parent_cannot_be_replaced
create or replace function _attach_children(p_specs job_spec[], p_duplicates job_spec[]) returns void
language plpgsql as $$
declare
  v_changes  parent_change[];
  v_spec     job_spec;
  v_existing job_state;
begin
  -- A row left by a removed child of the same id begins anew.
  with attached as (
    insert into dependency as d (parent_queue_id, parent_id, child_queue_id, child_id)
    select s.parent_queue_id, s.parent_id, s.queue_id, s.id
    from unnest(p_specs) s
    where s.parent_id is not null
    on conflict (parent_id, parent_queue_id, child_id, child_queue_id) do update
    set status = 'pending', value = null, reason = null where d.status <> 'pending'
    returning d.parent_queue_id, d.parent_id
  )
  select array_agg(row(a.parent_queue_id, a.parent_id, a.pending, 0, null, false)::parent_change)
  into v_changes
  from (select a.parent_queue_id, a.parent_id, count(*)::integer as pending from attached a group by a.parent_queue_id, a.parent_id) a;

  foreach v_spec in array coalesce(p_duplicates, '{}') loop
    continue when v_spec.parent_id is null;
    select * into v_existing from job_state t where t.queue_id = v_spec.queue_id and t.id = v_spec.id for update;
    continue when v_existing.id is null; -- removed a moment ago
    if v_existing.parent_id is null or not exists (
         select from job_state p where p.queue_id = v_existing.parent_queue_id and p.id = v_existing.parent_id) then
      update job_state t
      set parent_queue_id = v_spec.parent_queue_id, parent_id = v_spec.parent_id, on_failure = v_spec.on_failure
      where t.queue_id = v_spec.queue_id and t.id = v_spec.id;
    elsif (v_existing.parent_queue_id, v_existing.parent_id) is distinct from (v_spec.parent_queue_id, v_spec.parent_id) then
      raise exception 'The parent job % cannot be replaced. addJob', _job_key(v_spec.parent_queue_id, v_spec.parent_id)
        using errcode = 'TQ007', detail = v_spec.id;
    else
      -- What its failure is to do to this parent is said anew.
      update job_state t set on_failure = v_spec.on_failure
      where t.queue_id = v_spec.queue_id and t.id = v_spec.id and t.finished_at is null and t.on_failure is distinct from v_spec.on_failure;
    end if;
    insert into dependency (parent_queue_id, parent_id, child_queue_id, child_id, status, value)
    values (v_spec.parent_queue_id, v_spec.parent_id, v_spec.queue_id, v_spec.id,
            case when v_existing.status = 'completed' then 'completed' else 'pending' end::dependency_status,
            case when v_existing.status = 'completed' then v_existing.return_value end)
    on conflict do nothing;
    v_changes := v_changes || row(v_spec.parent_queue_id, v_spec.parent_id,
                                  case when found and v_existing.status <> 'completed' then 1 else 0 end,
                                  0, null, false)::parent_change;
  end loop;

  perform _change_parents(v_changes);
end;
$$;
