-- How many jobs of a queue are in each state, as a JSON object with BullMQ's names.
-- Called by  Store.countJobs (Queue.getJobCounts and its kin)
create or replace function count_jobs(p_queue_id integer) returns json
language plpgsql stable set search_path from current as $$
begin
  -- A count a partial index; one scan of the table would read every finished job.
  return json_build_object(
    'active', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'active'),
    'completed', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'completed' and s.status in ('completed', 'failed')),
    'delayed', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'delayed'),
    'failed', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'failed' and s.status in ('completed', 'failed')),
    'prioritized', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'waiting' and s.priority > 0),
    'waiting', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'waiting' and s.priority = 0),
    'waiting-children', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'waiting-children'));
end;
$$;
