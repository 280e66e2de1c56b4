-- How many jobs of a queue are in each state, as a JSON object with BullMQ's names.
-- One count a status, each from its own partial index: a single scan of the table would read every finished job.
-- Called by  Store.countJobs (Queue.getJobCounts and its kin), list_jobs
create or replace function count_jobs(p_queue_id integer) returns json
language plpgsql stable set search_path from current as $$
declare
  v_waiting     bigint;
  v_prioritized bigint;
  v_completed   bigint;
  v_failed      bigint;
begin
  select count(*) filter (where s.priority = 0), count(*) filter (where s.priority <> 0)
  into v_waiting, v_prioritized
  from job_state s where s.queue_id = p_queue_id and s.status = 'waiting';

  select count(*) filter (where s.status = 'completed'), count(*) filter (where s.status = 'failed')
  into v_completed, v_failed
  from job_state s where s.queue_id = p_queue_id and s.status in ('completed', 'failed');

  return json_build_object(
    'active', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'active'),
    'completed', v_completed,
    'delayed', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'delayed'),
    'failed', v_failed,
    'prioritized', v_prioritized,
    'waiting', v_waiting,
    'waiting-children', (select count(*) from job_state s where s.queue_id = p_queue_id and s.status = 'waiting-children'));
end;
$$;
