-- Adds jobs that wait from the start, each under the queue's next number: no delay, no priority, no place at the head, no family and no
-- deduplication. Those are for add_jobs, whose rules these are; this takes two thirds of the time. Together or not at all.
--
-- Columns of the jobs, in order; p_data and p_opts are JSON texts, p_created_at is in milliseconds since 1970, null for now.
-- p_is_alone says that the transaction commits right after this.
--
-- Returns a JSON object:
--   ids   one a job, in the order of the call
--   now   milliseconds since 1970; the time of jobs without p_created_at
--
-- Moves      nothing -> waiting
-- Called by  Store.addJobs
-- Writes     job, job_state; as _announce_added
-- Locks      the new rows in order of the call
-- Raises     55000 for a queue that this transaction cannot see
-- Notifies   wake, process, event
create or replace function add_waiting(
  p_queue_id integer, p_names text[], p_data text[], p_opts text[], p_created_at bigint[], p_is_alone boolean default false
) returns text
language plpgsql set search_path from current as $$
declare
  v_now      timestamptz := _now();
  v_sequence regclass := (select q.id_sequence from queue q where q.id = p_queue_id);
  v_specs    job_spec[];
  v_ids      text[];
begin
  if v_sequence is null then
    perform _refuse_unseen_queue();
  end if;
  v_ids := array(select nextval(v_sequence)::text from generate_series(1, cardinality(p_names)));
  insert into job (queue_id, id, name, data, opts, created_at)
  select p_queue_id, j.id, j.name, j.data::json, j.opts::json, coalesce(_at(j.created_at), v_now)
  from unnest(v_ids, p_names, p_data, p_opts, p_created_at) j(id, name, data, opts, created_at);

  perform _hold_wake_lock(p_queue_id);
  insert into job_state (queue_id, id, status, seq)
  select p_queue_id, i.id, 'waiting', nextval('job_seq')
  from unnest(v_ids) i(id);

  if _is_listened_to(p_queue_id) then
    v_specs := array(
      select jsonb_populate_record(null::job_spec, jsonb_build_object(
        'position', j.position, 'queue_id', p_queue_id, 'id', j.id, 'name', j.name, 'delay_ms', 0, 'has_children', false))
      from unnest(v_ids, p_names) with ordinality j(id, name, position));
    perform _announce_added(array[p_queue_id], v_specs, null, true, p_is_alone, v_now);
  else
    perform _wake(p_queue_id, p_is_alone and cardinality(v_ids) = 1);
  end if;
  return json_build_object('ids', to_json(v_ids), 'now', _epoch_ms(v_now));
end;
$$;
