-- Up to p_limit processes in which workers of a queue sleep, and which hear what they are told: that listen, and were heard of
-- lately. Taken at random, by the random uids of their workers: among the next few of those.
-- Called by  _wake
create or replace function _sleeping_processes(p_queue_id integer, p_limit integer) returns bigint[]
language plpgsql as $$
declare
  c_looked_at constant integer := 16;
  v_from text := gen_random_uuid();
begin
  return array(
    select w.process_id
    from (
      (select w.process_id, w.uid from worker w where w.queue_id = p_queue_id and w.hungry and w.uid >= v_from
       order by w.uid limit c_looked_at)
      union all
      (select w.process_id, w.uid from worker w where w.queue_id = p_queue_id and w.hungry and w.uid < v_from
       order by w.uid limit c_looked_at)
      limit c_looked_at
    ) w
    cross join lateral (select p.id from process p where p.id = w.process_id and p.holds_lock
                        and p.heartbeat_at >= _now() - interval '1250 milliseconds' offset 0) p
    group by w.process_id
    order by min((w.uid < v_from)::integer::text || w.uid)
    limit p_limit);
end;
$$;
