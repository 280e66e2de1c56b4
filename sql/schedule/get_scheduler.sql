-- A scheduler as JSON object {id, name, data, opts, next, iterationCount, limit, startDate, endDate, tz, pattern,
-- every, offset}, or null.
-- Called by  Store.getScheduler (JobScheduler.getScheduler)
create or replace function get_scheduler(p_queue_id integer, p_id text) returns json
language plpgsql stable set search_path from current as $$
begin
  return (select _scheduler_json(c) from scheduler c where c.queue_id = p_queue_id and c.id = p_id);
end;
$$;
