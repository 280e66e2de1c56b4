-- Every scheduler, what it repeats and when its next job is due: select * from tuskmq.schedulers order by next_at.
create or replace view schedulers as
select q.prefix, q.name as queue, c.id, c.name, c.pattern, c.tz, c.every_ms * interval '1 millisecond' as every,
       c.next_at, c.job_id, c.iteration_count as iterations, c.run_limit as "limit", c.starts_at, c.ends_at, c.data, c.opts
from scheduler c
join queue q on q.id = c.queue_id;
