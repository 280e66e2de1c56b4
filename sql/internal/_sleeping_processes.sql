-- Up to p_limit processes in which workers of a queue sleep, and which hear what they are told: that listen, and whose last heartbeat is
-- not overdue. Taken at random from those of the next few workers after a random place in the order of their uids.
-- Called by  _wake
create or replace function _sleeping_processes(p_queue_id integer, p_limit integer) returns bigint[]
language plpgsql as $$
declare
  c_looked_at constant integer := 24;
  v_from text := gen_random_uuid();
begin
  return array(
    select w.process_id
    from (
      (select w.process_id from worker w where w.queue_id = p_queue_id and w.hungry and w.uid >= v_from
       order by w.uid limit c_looked_at)
      union all
      (select w.process_id from worker w where w.queue_id = p_queue_id and w.hungry and w.uid < v_from
       order by w.uid limit c_looked_at)
      limit c_looked_at
    ) w
    cross join lateral (select p.id from process p where p.id = w.process_id and p.holds_lock
                        and p.heartbeat_at >= _now() - interval '750 milliseconds' offset 0) p
    group by w.process_id
    order by random()
    limit p_limit);
end;
$$;
