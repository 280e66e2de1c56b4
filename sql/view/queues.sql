-- Every queue with its jobs by state, and its workers.
create or replace view queues as
select q.prefix, q.name as queue, q.paused,
       coalesce(c.waiting, 0) as waiting, coalesce(c.active, 0) as active, coalesce(c.delayed, 0) as delayed,
       coalesce(c.waiting_children, 0) as waiting_children, coalesce(c.completed, 0) as completed,
       coalesce(c.failed, 0) as failed,
       (select count(*) from worker w where w.queue_id = q.id) as workers,
       q.created_at
from queue q
left join (
  select s.queue_id,
         count(*) filter (where s.status = 'waiting') as waiting,
         count(*) filter (where s.status = 'active') as active,
         count(*) filter (where s.status = 'delayed') as delayed,
         count(*) filter (where s.status = 'waiting-children') as waiting_children,
         count(*) filter (where s.status = 'completed') as completed,
         count(*) filter (where s.status = 'failed') as failed
  from job_state s
  group by s.queue_id
) c on c.queue_id = q.id;
