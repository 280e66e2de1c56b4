-- The id of a queue by its name (prefix 'bull') or <prefix>:<name>; null for null. Makes the queue when it is
-- new.
-- Called by  _job_spec, create_queue
-- Locks      advisory: the name of a queue that another open transaction is making, until that ends
-- Raises     22023 no name
create or replace function _ensure_queue_named(p_queue text) returns integer
language plpgsql as $$
declare
  v_name   text := _queue_name(p_queue);
  v_prefix text := _queue_prefix(p_queue);
  v_id     integer;
begin
  if p_queue is null then
    return null;
  elsif v_name = '' then
    raise exception 'Queue name must be provided' using errcode = '22023';
  elsif octet_length(v_name) > 1000 then
    raise exception 'Queue name cannot be longer than 1000 bytes' using errcode = '22023';
  elsif octet_length(v_prefix) > 1000 then
    raise exception 'prefix cannot be longer than 1000 bytes' using errcode = '22023';
  end if;
  v_id := ensure_queue(v_prefix, v_name);
  if v_id is null then
    perform pg_advisory_xact_lock(_queue_lock_key(v_prefix, v_name));
    v_id := ensure_queue(v_prefix, v_name);
  end if;
  return v_id;
end;
$$;
