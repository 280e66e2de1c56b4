-- Every active job and who holds it: a worker's lease, an explicit lock until a time, or both.
create or replace view locks as
select q.prefix, q.name as queue, s.id, j.name, s.lock_token, s.worker_id, s.processed_by, p.hostname, p.pid, s.processed_at,
       p.heartbeat_at + w.lock_ms * interval '1 millisecond' as leased_until, s.lock_until
from job_state s
join job j on j.queue_id = s.queue_id and j.id = s.id
join queue q on q.id = s.queue_id
left join worker w on w.queue_id = s.queue_id and w.id = s.worker_id
left join process p on p.id = w.process_id
where s.status = 'active';
