-- Refuses what no job can have, with the messages and in the order of lib/options/job-options.ts, which are BullMQ's.
-- p_data is the job's data as JSON; options that are null count as not given.
--
-- Called by  _job_spec
-- Raises     22023 invalid option
create or replace function _check_job_options(p_name text, p_data text, p_opts jsonb) returns void
language plpgsql immutable as $$
declare
  v_id         text := p_opts->>'jobId';
  v_size_limit numeric;
  v_delay      numeric;
  v_priority   numeric;
  v_timestamp  numeric;
  v_ttl        jsonb := case when _is_truthy(p_opts->'deduplication') then p_opts->'deduplication'->'ttl' end;
  v_jitter     jsonb := p_opts->'backoff'->'jitter';
  v_flags      text[];
  v_fault      text;
begin
  if p_name is null then
    raise exception 'The name of a job must be a string' using errcode = '22023';
  elsif jsonb_typeof(p_opts) <> 'object' then
    raise exception 'The options of job % must be an object', p_name using errcode = '22023';
  end if;
  v_size_limit := case when jsonb_typeof(p_opts->'sizeLimit') = 'number' then (p_opts->'sizeLimit')::numeric end;
  v_delay := case when jsonb_typeof(p_opts->'delay') = 'number' then (p_opts->'delay')::numeric end;
  v_priority := case when jsonb_typeof(p_opts->'priority') = 'number' then (p_opts->'priority')::numeric end;
  v_timestamp := case when jsonb_typeof(p_opts->'timestamp') = 'number' then (p_opts->'timestamp')::numeric end;
  v_flags := array(
    select f.flag
    from unnest(array['removeDependencyOnFailure', 'failParentOnFailure', 'continueParentOnFailure',
                      'ignoreDependencyOnFailure']) with ordinality f(flag, place)
    where _is_truthy(p_opts->f.flag)
    order by f.place);
  v_fault := case
    when octet_length(p_data) > v_size_limit then
      format('The size of job %s exceeds the limit %s bytes', p_name, v_size_limit)
    when p_opts ? 'delay' and v_delay is null then
      format('The delay of job %s must be a finite number of milliseconds', p_name)
    when v_delay > 8640000000000000 then
      format('The delay of job %s exceeds the limit 8640000000000000 milliseconds', p_name)
    when p_opts ? 'timestamp' and (v_timestamp is null or abs(v_timestamp) > 8640000000000000) then
      format('The timestamp of job %s must be a number of milliseconds since 1970', p_name)
    when cardinality(v_flags) > 1 then
      format('The following options cannot be used together: %s', array_to_string(v_flags, ', '))
    when _is_integer_id(v_id) then
      'Custom Id cannot be integers'
    when strpos(v_id, ':') > 0 and cardinality(string_to_array(v_id, ':')) <> 3 then
      'Custom Id cannot contain :'
    when octet_length(v_id) > 1000 then
      'Custom Id cannot be longer than 1000 bytes'
    when p_opts ? 'priority' and (v_priority is null or v_priority <> trunc(v_priority)) then
      'Priority should not be float'
    when v_priority not between 0 and 2097151 then
      'Priority should be between 0 and 2097151'
    when _is_truthy(p_opts->'deduplication') and not _is_truthy(p_opts->'deduplication'->'id') then
      'Deduplication id must be provided'
    when octet_length(p_opts->'deduplication'->>'id') > 1000 then
      'The deduplication id cannot be longer than 1000 bytes'
    when v_ttl is not null and case when jsonb_typeof(v_ttl) = 'number' then abs(v_ttl::numeric) > 8640000000000000 else true end then
      format('The deduplication ttl of job %s must be a number of milliseconds', p_name)
    when _is_truthy(p_opts->'deduplication') and _is_truthy(p_opts->'parent') then
      'Deduplication and parent options cannot be used together'
    when p_opts ? 'debounce' then
      'Debounce option has been removed. Use deduplication option instead'
    when v_jitter is not null and v_jitter not between '0' and '1' then
      'Jitter should be between 0 and 1'
    when _is_truthy(p_opts->'parent')
         and not (_is_truthy(p_opts->'parent'->'id') and _is_truthy(p_opts->'parent'->'queue')) then
      format('The parent of job %s needs both an id and a queue', p_name)
  end;
  if v_fault is not null then
    raise exception '%', v_fault using errcode = '22023';
  end if;
end;
$$;
