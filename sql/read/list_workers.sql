-- The workers of a queue as a JSON array of {id, uid, name, hostname, pid, age, idle}: seconds since it started,
-- and since its process was heard of.
-- Called by  Store.listWorkers (Queue.getWorkers)
create or replace function list_workers(p_queue_id integer) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_agg(json_build_object(
      'id', w.id, 'uid', w.uid, 'name', w.name, 'hostname', p.hostname, 'pid', p.pid,
      'age', floor(extract(epoch from _now() - w.started_at)),
      'idle', floor(extract(epoch from _now() - p.heartbeat_at))) order by w.id)
    from worker w
    join process p on p.id = w.process_id
    where w.queue_id = p_queue_id);
end;
$$;
