-- Up to p_limit jobs of a queue, in whatever state: by state, since each has its index, and the key of jobs does not begin with the queue.
-- Called by  obliterate_queue, _restart_ids
create or replace function _some_jobs(p_queue_id integer, p_limit integer) returns text[]
language plpgsql stable as $$
begin
  return array(
    select s.id from job_state s where s.queue_id = p_queue_id and s.status = 'waiting'
    union all select s.id from job_state s where s.queue_id = p_queue_id and s.status = 'delayed'
    union all select s.id from job_state s where s.queue_id = p_queue_id and s.status = 'active'
    union all select s.id from job_state s where s.queue_id = p_queue_id and s.status = 'waiting-children'
    union all select s.id from job_state s where s.queue_id = p_queue_id and s.status in ('completed', 'failed')
    limit p_limit);
end;
$$;
