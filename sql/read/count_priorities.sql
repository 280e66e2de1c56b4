-- How many waiting jobs of a queue have each of these priorities, as a JSON object. p_priorities is a JSON array.
-- Called by  Store.countPriorities (Queue.getCountsPerPriority)
create or replace function count_priorities(p_queue_id integer, p_priorities text) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_object_agg(p.priority, (
      select count(*) from job_state s
      where s.queue_id = p_queue_id and s.status = 'waiting' and s.priority = p.priority::integer))
    from json_array_elements_text(p_priorities::json) p(priority));
end;
$$;
