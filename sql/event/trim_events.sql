-- Keeps the last p_max events of a queue, or as many as it is set to keep; what goes are the first in the order in which
-- they are read. Returns how many were removed.
-- Called by  Store.trimEvents (QueueEvents, Queue.trimEvents), _trim_logs, obliterate_queue
-- Writes     event, event_window; as _close_event_window
-- Locks      as _close_event_window
create or replace function trim_events(p_queue_id integer, p_max integer) returns integer
language plpgsql set search_path from current as $$
declare
  v_max    bigint := coalesce(p_max, (select q.max_events from queue q where q.id = p_queue_id), 10000);
  v_window event_window;
  v_excess bigint;
  v_since  pg_snapshot;
  v_before integer;
  v_within integer;
begin
  perform pg_advisory_xact_lock(_lock_key('event', p_queue_id));
  perform _close_event_window(p_queue_id);
  select (w.window_row).*, w.total - v_max into v_window.queue_id, v_window.number, v_window.snapshot, v_window.event_count, v_excess
  from (select w as window_row, w.number, sum(w.event_count) over (order by w.number desc) as total
        from event_window w where w.queue_id = p_queue_id) w
  where w.total > v_max
  order by w.number desc limit 1;
  if not found then
    return 0;
  end if;
  v_since := _snapshot_before(p_queue_id, v_window.number);
  delete from event e
  where e.queue_id = p_queue_id and e.xid < pg_snapshot_xmax(v_since) and pg_visible_in_snapshot(e.xid, v_since);
  get diagnostics v_before = row_count;
  delete from event e
  where e.queue_id = p_queue_id and e.id = any(array(
    select o.id from event o
    where o.queue_id = p_queue_id
      and pg_visible_in_snapshot(o.xid, v_window.snapshot) and not pg_visible_in_snapshot(o.xid, v_since)
    order by o.id limit v_excess));
  get diagnostics v_within = row_count;
  -- The window itself stays, as the one before the next.
  update event_window w set event_count = w.event_count - v_within where w.queue_id = p_queue_id and w.number = v_window.number;
  delete from event_window w where w.queue_id = p_queue_id and w.number < v_window.number;
  return v_before + v_within;
end;
$$;
