-- Every step of a job, its sleeps and signals: select * from tuskmq.steps where queue = 'orders' and job_id = '42'
-- order by seq. Signals that nobody has waited for yet are unread.
create or replace view steps as
select q.prefix, q.name as queue, s.job_id, s.seq, s.name, s.kind::text, _step_state(s, _now()) as state, s.attempts,
       s.result, s.error, s.started_at, s.wake_at,
       case when s.kind = 'sleep' and s.wake_at <= _now() then s.wake_at else s.finished_at end as finished_at
from step s
join queue q on q.id = s.queue_id
where s.kind <> 'transaction'
union all
select q.prefix, q.name, g.job_id, null, g.name, 'signal', 'unread', 0, g.payload, null, g.sent_at, null, null
from signal g
join queue q on q.id = g.queue_id;
