-- The jobs of a flow that is given in SQL, parents before their children, as _job_spec makes them. Ids are random unless
-- given.
-- Called by  add_flow, and itself for children
-- Writes     queue
-- Raises     22023 invalid option
create or replace function _flow_specs(p_node json, p_parent json) returns setof jsonb
language plpgsql as $$
declare
  v_opts     jsonb := coalesce(nullif((p_node->'opts')::jsonb, 'null'), '{}');
  v_queue    text  := coalesce(p_node->>'prefix', 'bull') || ':' || (p_node->>'queueName');
  v_id       text;
  v_children json  := case when coalesce(json_typeof(p_node->'children'), 'null') = 'null' then '[]' else p_node->'children' end;
  v_child    json;
begin
  if strpos(p_node->>'queueName', ':') > 0 then
    raise exception 'Queue name cannot contain :' using errcode = '22023';
  elsif json_typeof(v_children) <> 'array' then
    raise exception 'The children of job % must be an array', p_node->>'name' using errcode = '22023';
  elsif jsonb_typeof(v_opts) <> 'object' then
    raise exception 'The options of job % must be an object', p_node->>'name' using errcode = '22023';
  end if;
  v_id := coalesce(nullif(v_opts->>'jobId', ''), gen_random_uuid()::text);
  if _is_truthy(v_opts->'deduplication') then
    if json_array_length(v_children) > 0 then
      raise exception 'Deduplication options cannot be used on flow nodes with children' using errcode = '22023';
    elsif _is_truthy(v_opts->'deduplication'->'keepLastIfActive') and p_parent is not null then
      raise exception 'keepLastIfActive deduplication cannot be used on flow nodes with a parent' using errcode = '22023';
    end if;
  end if;
  if p_parent is not null then
    v_opts := v_opts || jsonb_build_object('parent', p_parent);
  end if;
  return next _job_spec(coalesce(v_queue, ''), p_node->>'name', p_node->'data', v_opts::json)
    || jsonb_build_object('id', v_id, 'has_children', json_array_length(v_children) > 0, 'parent_in_unit', p_parent is not null);
  for v_child in select c.value from json_array_elements(v_children) c loop
    return query select * from _flow_specs(v_child, json_build_object('id', v_id, 'queue', v_queue));
  end loop;
end;
$$;
