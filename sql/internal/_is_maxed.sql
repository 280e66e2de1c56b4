-- Whether as many jobs of a queue are active as it allows.
create or replace function _is_maxed(p_queue_id integer, p_concurrency integer) returns boolean
language plpgsql stable as $$
begin
  return p_concurrency is not null
     and (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'active') >= p_concurrency;
end;
$$;
