-- Adds one job from SQL: psql, a trigger, another language. It commits or rolls back with the caller's
-- transaction.
--
--   select tuskmq.add_job('emails', 'welcome', '{"to": 1}');
--   select tuskmq.add_job('emails', 'welcome', '{"to": 1}', '{"delay": 5000, "attempts": 3}');
--
-- p_queue is a queue's name (prefix 'bull') or <prefix>:<name>. p_opts are BullMQ's job options: jobId, delay
-- (ms), priority, lifo, attempts, backoff, timestamp (ms), parent {id, queue}, removeOnComplete, ... A queue
-- that is new is made here; make it beforehand with ensure_queue where transactions are long. Returns the
-- job's id, also when a job of this id was there already.
--
-- Moves      nothing -> waiting, delayed
-- Called by  applications
-- Writes     as add_jobs
-- Raises     TQ005 parent_not_found, TQ007 parent_cannot_be_replaced, 22023 invalid option
create or replace function add_job(p_queue text, p_name text, p_data json default '{}', p_opts json default '{}') returns text
language plpgsql set search_path from current as $$
declare
  v_opts     jsonb := p_opts;
  v_priority integer := coalesce((v_opts->>'priority')::integer, 0);
  v_id       text := coalesce(v_opts->>'jobId', '');
  v_parent   text := v_opts->'parent'->>'queue';
  v_result   json;
begin
  if v_priority not between 0 and 2097151 then
    raise exception 'Priority should be between 0 and 2097151' using errcode = '22023';
  end if;
  if v_id ~ '^-?(0|[1-9][0-9]*)$' then
    raise exception 'Custom Id cannot be integers' using errcode = '22023';
  end if;
  if strpos(v_id, ':') > 0 and cardinality(string_to_array(v_id, ':')) <> 3 then
    raise exception 'Custom Id cannot contain :' using errcode = '22023';
  end if;
  v_result := add_jobs(json_build_array(json_build_object(
    'position', 0, 'unit', 0, 'queue_id', _queue_id(p_queue), 'id', v_id, 'name', p_name, 'data', p_data::text, 'opts', p_opts::text,
    'created_at', (v_opts->>'timestamp')::bigint, 'delay_ms', (v_opts->>'delay')::bigint, 'priority', v_priority,
    'lifo', (v_opts->>'lifo')::boolean, 'parent_queue_id', _queue_id(v_parent), 'parent_id', v_opts->'parent'->>'id',
    'on_failure', _on_failure(v_opts), 'deduplication_id', v_opts->'deduplication'->>'id'))::text);
  if v_result->>'missing_parents' is not null then
    raise exception 'Missing key for parent job %. addJob', v_result->'missing_parents'->0->>'key' using errcode = 'TQ005';
  end if;
  return v_result->'ids'->>0;
end;
$$;
