-- Every worker, where it runs, and how long ago its process was heard of.
create or replace view workers as
select q.prefix, q.name as queue, w.id, w.name, w.uid, p.hostname, p.pid, w.concurrency, w.hungry as wants_jobs,
       (select count(*) from job_state s where s.queue_id = w.queue_id and s.worker_id = w.id and s.status = 'active') as active,
       w.started_at, _now() - p.heartbeat_at as silent_for, w.lock_ms * interval '1 millisecond' as lease
from worker w
join queue q on q.id = w.queue_id
join process p on p.id = w.process_id;
