-- Removes up to p_limit jobs of a queue in whatever state, and when none is left what else belongs to it: events,
-- counts, settings, the count of ids. Schedulers go first.
-- Returns how many jobs it has found, or null when there are active jobs and p_force is false; call again
-- until it is 0.
-- Called by  Store.obliterateQueue (Queue.obliterate, which pauses the queue first)
-- Writes     as _remove_jobs; queue, event, event_window, scheduler, finish_count, deduplication, rate_window
-- Locks      all above the jobs, then the jobs; tries the queue's sequence
create or replace function obliterate_queue(p_queue_id integer, p_force boolean, p_limit integer) returns integer
language plpgsql set search_path from current as $$
declare
  v_found text[];
begin
  if p_force is not true and exists (select from job_state s where s.queue_id = p_queue_id and s.status = 'active') then
    return null;
  end if;
  delete from scheduler c where c.queue_id = p_queue_id;
  v_found := _some_jobs(p_queue_id, greatest(p_limit, 1));
  if v_found <> '{}' then
    perform _lock_ancestors_of(p_queue_id, v_found);
    perform _remove_jobs(p_queue_id, array(
      select s.id from job_state s where s.queue_id = p_queue_id and s.id = any(v_found) order by s.id for update), true);
    return cardinality(v_found);
  end if;

  perform trim_events(p_queue_id, 0);
  delete from finish_count f where f.queue_id = p_queue_id;
  delete from deduplication d where d.queue_id = p_queue_id;
  delete from rate_window w where w.queue_id = p_queue_id;
  update queue q set paused = false, concurrency = null, rate_max = null, rate_ms = null where q.id = p_queue_id;
  perform _restart_ids(p_queue_id);
  return 0;
end;
$$;
