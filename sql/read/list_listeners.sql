-- Those who listen to the events of a queue, as a JSON array of {id, hostname, pid, age, idle}: seconds since
-- their process started, and since it was heard of.
-- Called by  Store.listListeners (Queue.getQueueEvents)
create or replace function list_listeners(p_queue_id integer) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_agg(json_build_object(
      'id', l.id, 'hostname', p.hostname, 'pid', p.pid,
      'age', floor(extract(epoch from _now() - p.started_at)),
      'idle', floor(extract(epoch from _now() - p.heartbeat_at))) order by l.id)
    from event_listener l
    join process p on p.id = l.process_id
    where l.queue_id = p_queue_id);
end;
$$;
