-- The key of a job as parents and events name it: <prefix>:<queue>:<id>.
create or replace function _job_key(p_queue_id integer, p_id text) returns text
language plpgsql stable as $$
begin
  return (select format('%s:%s:%s', q.prefix, q.name, p_id) from queue q where q.id = p_queue_id);
end;
$$;
