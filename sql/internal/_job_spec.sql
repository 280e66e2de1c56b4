-- A job as it is given in SQL, checked, in the form that add_jobs takes, but for its place in the call. Queues that are new
-- are made.
-- Called by  add_job, _flow_specs
-- Writes     queue
-- Raises     22023 invalid option
create or replace function _job_spec(p_queue text, p_name text, p_data json, p_opts json) returns jsonb
language plpgsql as $$
declare
  v_data text  := coalesce(p_data, '{}');
  v_opts jsonb := jsonb_strip_nulls(coalesce(p_opts, '{}')::jsonb);
begin
  perform _check_job_options(p_name, v_data, v_opts);
  return jsonb_build_object(
    'queue_id', _ensure_queue_named(p_queue), 'id', v_opts->>'jobId', 'name', p_name, 'data', v_data, 'opts', coalesce(p_opts, '{}')::text,
    'created_at', trunc((v_opts->'timestamp')::numeric), 'delay_ms', ceil((v_opts->'delay')::numeric),
    'priority', trunc((v_opts->'priority')::numeric),
    -- With a priority it waits among its equals, as in BullMQ.
    'lifo', _is_truthy(v_opts->'lifo') and not _is_truthy(v_opts->'priority'),
    'parent_queue_id', _ensure_queue_named(v_opts->'parent'->>'queue'), 'parent_id', v_opts->'parent'->>'id',
    'on_failure', _on_failure(v_opts), 'deduplication_id', v_opts->'deduplication'->>'id');
end;
$$;
