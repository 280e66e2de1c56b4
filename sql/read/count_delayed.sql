-- How many delayed jobs of a queue are due before a time, in milliseconds since 1970.
-- Called by  Store.countDelayed (Queue.getDelayedCount)
create or replace function count_delayed(p_queue_id integer, p_before bigint) returns bigint
language plpgsql stable set search_path from current as $$
begin
  return (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at < _at(p_before));
end;
$$;
