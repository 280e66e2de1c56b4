-- Every job, for people: select * from tuskmq.jobs where queue = 'emails' and state = 'failed'.
create or replace view jobs as
select q.prefix, q.name as queue, s.id, j.name, _state(s.status, s.priority) as state, j.data, j.opts,
       s.priority, s.run_at, s.attempts_made, s.attempts_started, s.stalled_count, s.progress, s.return_value, s.failed_reason, s.stacktrace,
       pq.name as parent_queue, s.parent_id, s.pending_children,
       j.created_at, s.processed_at, s.processed_by, s.finished_at
from job_state s
join job j on j.queue_id = s.queue_id and j.id = s.id
join queue q on q.id = s.queue_id
left join queue pq on pq.id = s.parent_queue_id;
