-- Adds jobs: one, many, or the nodes of flows. Jobs of one unit are added together or not at all.
--
-- p_jobs is a JSON array of objects with the fields of job_spec, parents before their children. `data` and
-- `opts` are JSON texts inside strings, so that they are stored as given. `created_at` is in milliseconds
-- since 1970. A missing `id` takes the queue's next number.
--
-- Returns a JSON object:
--   ids              one a job, in the order of the call; of the job that stands for it, if it was deduplicated
--   now              milliseconds since 1970; the time of jobs without a `created_at`
--   duplicates       positions of the jobs whose id was taken; they are left as they are, and attached to a parent that is new to them
--   missing_parents  {unit, key}: units that were not added because this parent does not exist
--
-- Moves      nothing -> waiting, delayed, waiting-children
-- Called by  Store.addJobs, _add_specs, _add_iteration, _release_deduplication
-- Writes     job, job_state, dependency, deduplication, event
-- Locks      existing parents in order of key, deduplication ids in order, then the new rows in order of the call
-- Raises     TQ007 parent_cannot_be_replaced; 55000 for a queue that this transaction cannot see
-- Notifies   wake, process, event
create or replace function add_jobs(p_jobs text, p_is_alone boolean default false) returns text
language plpgsql set search_path from current as $$
declare
  v_now             timestamptz := _now();
  v_specs           job_spec[];
  v_ids             text[];
  v_queue_ids       integer[];
  v_has_ids         boolean;
  v_has_parents     boolean;
  v_has_deduplicated boolean;
  v_is_all_waiting  boolean;
  v_winners         text[];
  v_missing_parents json;
  v_duplicates      job_spec[];
  v_added           text[];
begin
  select array_agg(row(
           j.position, j.unit, j.queue_id,
           coalesce(nullif(j.id, ''), nextval((select q.id_sequence from queue q where q.id = j.queue_id))::text),
           j.name, j.data::json, j.opts::json, coalesce(_at(j.created_at), v_now),
           greatest(coalesce(j.delay_ms, 0), 0), coalesce(j.priority, 0), coalesce(j.lifo and coalesce(j.priority, 0) = 0, false),
           j.parent_queue_id, j.parent_id, j.on_failure, coalesce(j.has_children, false),
           coalesce(j.parent_in_unit, false), j.deduplication_id)::job_spec),
         array[min(j.queue_id), max(j.queue_id)], bool_or(coalesce(j.id, '') <> ''), bool_or(j.parent_id is not null),
         bool_or(j.deduplication_id is not null),
         bool_and(coalesce(j.delay_ms, 0) <= 0 and not coalesce(j.has_children, false))
  into v_specs, v_queue_ids, v_has_ids, v_has_parents, v_has_deduplicated, v_is_all_waiting
  from json_to_recordset(p_jobs::json) as j(
    position integer, unit integer, queue_id integer, id text, name text, data text, opts text,
    created_at bigint, delay_ms bigint, priority integer, lifo boolean, parent_queue_id integer, parent_id text,
    on_failure text, has_children boolean, parent_in_unit boolean, deduplication_id text);
  v_ids := array(select s.id from unnest(v_specs) s);
  if array_position(v_ids, null) is not null then
    perform _refuse_unseen_queue();
  end if;
  -- Not by a `distinct` above, for which the server would sort all rows, and so those of the call.
  v_queue_ids := case when v_queue_ids[1] = v_queue_ids[2] then v_queue_ids[1:1]
                      else array(select distinct s.queue_id from unnest(v_specs) s order by s.queue_id) end;

  if v_has_parents then
    v_missing_parents := _lock_parents(v_specs);
  end if;
  if v_missing_parents is not null then
    v_specs := array(
      select s from unnest(v_specs) s
      where s.unit not in (select (m->>'unit')::integer from json_array_elements(v_missing_parents) m));
  end if;

  if v_has_deduplicated then
    select d.specs, d.winners into v_specs, v_winners from _deduplicate(v_specs) d;
    v_ids := array(select coalesce(v_winners[i.place], i.id) from unnest(v_ids) with ordinality i(id, place) order by i.place);
  end if;

  if not v_has_ids then
    -- The queue's own numbers are nobody else's.
    insert into job (queue_id, id, name, data, opts, created_at)
    select s.queue_id, s.id, s.name, s.data, s.opts, s.created_at
    from unnest(v_specs) s;
  else
    with added as (
      insert into job (queue_id, id, name, data, opts, created_at)
      select s.queue_id, s.id, s.name, s.data, s.opts, s.created_at
      from unnest(v_specs) s
      on conflict do nothing
      returning queue_id, id
    )
    select array_agg(a.queue_id || ':' || a.id) into v_added from added a;
  end if;

  if v_has_ids and coalesce(cardinality(v_added), 0) < cardinality(v_specs) then
    -- What was not added now is a duplicate, even if it is removed a moment later. Of an id given twice in one
    -- call, the first is the new job.
    v_duplicates := array(
      select n.s
      from (select s, s.queue_id || ':' || s.id as key,
                   row_number() over (partition by s.queue_id, s.id order by s.position) as number
            from unnest(v_specs) s) n
      left join unnest(v_added) a(key) on a.key = n.key
      where a.key is null or n.number > 1
      order by (n.s).position);
    v_specs := array(
      select s from unnest(v_specs) s where s.position not in (select d.position from unnest(v_duplicates) d));
  end if;

  perform _hold_wake_lock(i.queue_id) from unnest(v_queue_ids) i(queue_id);
  insert into job_state (queue_id, id, status, priority, seq, run_at, delay_ms, parent_queue_id, parent_id, on_failure)
  select s.queue_id, s.id,
         case when s.has_children then 'waiting-children' when s.delay_ms > 0 then 'delayed' else 'waiting' end::job_status,
         s.priority,
         case when s.lifo then -nextval('job_seq') else nextval('job_seq') end,
         case when s.delay_ms > 0 and not s.has_children then s.created_at + _ms(s.delay_ms) end,
         s.delay_ms,
         s.parent_queue_id, s.parent_id, s.on_failure
  from unnest(v_specs) s;

  perform _announce_added(v_queue_ids, v_specs, v_duplicates, v_is_all_waiting, p_is_alone, v_now);
  if v_has_parents then
    perform _attach_children(v_specs, v_duplicates);
  end if;

  if v_duplicates is null and v_missing_parents is null then
    return json_build_object('ids', to_json(v_ids), 'now', _epoch_ms(v_now));
  end if;
  return json_build_object(
    'ids', to_json(v_ids),
    'now', _epoch_ms(v_now),
    'duplicates', (select json_agg(d.position) from unnest(v_duplicates) d),
    'missing_parents', v_missing_parents);
end;
$$;
