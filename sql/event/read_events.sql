-- Events of a queue that come after a place in their order: at most p_limit.
--
-- p_after is the id of an event, `<number of its window>-<its own>`, or any other two numbers, of which the second may be
-- missing: `0` is before all that is kept. The order is that of event_window, which is stored: who goes on after an
-- event, in whatever process and however late, gets exactly those that followed it. `id > cursor` would lose events of
-- transactions that took early ids and committed late.
--
-- A page holds whole windows; only one that is larger than a page is read in several, by id: each of them then passes
-- the events of other windows in between. Where there is no window to read, one is closed, if there is anything new.
--
-- Returns {events: [{id, name, payload}], after: where to go on, more: whether there may be more at once}.
-- Called by  Store.readEvents (QueueEvents)
-- Writes     as _close_event_window
-- Locks      as _close_event_window
create or replace function read_events(p_queue_id integer, p_after text, p_limit integer) returns text
language plpgsql set search_path from current as $$
declare
  v_number     bigint := split_part(p_after, '-', 1);
  v_id         bigint := coalesce(nullif(split_part(p_after, '-', 2), ''), '0');
  v_window     event_window;
  v_since      pg_snapshot;
  v_has_closed boolean := false;
  v_left       integer := p_limit;
  v_has_more   boolean := false;
  v_page       json[];
  v_last_id    bigint;
  v_events     json[] := '{}';
begin
  loop
    select * into v_window from event_window w where w.queue_id = p_queue_id and w.number >= v_number order by w.number limit 1;
    if not found then
      exit when v_has_closed;
      perform _close_event_window(p_queue_id);
      v_has_closed := true;
      continue;
    end if;
    v_has_more := v_window.event_count > v_left;
    exit when v_has_more and v_left < p_limit;
    if v_window.number > v_number then
      v_number := v_window.number;
      v_id := 0;
    end if;
    v_since := _snapshot_before(p_queue_id, v_window.number);
    if not v_has_more then
      select array_agg(_event_json(e, v_window.number) order by e.id), max(e.id) into v_page, v_last_id
      from event e
      where e.queue_id = p_queue_id
        and (e.xid >= pg_snapshot_xmax(v_since) and e.xid < pg_snapshot_xmax(v_window.snapshot)
             or e.xid = any(array(select pg_snapshot_xip(v_since))))
        and e.id > v_id and pg_visible_in_snapshot(e.xid, v_window.snapshot);
    else
      select array_agg(_event_json(e, v_window.number) order by e.id), max(e.id) into v_page, v_last_id
      from (select * from event e
            where e.queue_id = p_queue_id and e.id > v_id
              and pg_visible_in_snapshot(e.xid, v_window.snapshot) and not pg_visible_in_snapshot(e.xid, v_since)
            order by e.id limit v_left) e;
    end if;
    v_events := v_events || v_page;
    v_left := v_left - coalesce(cardinality(v_page), 0);
    if v_left = 0 and v_has_more then
      v_id := v_last_id;
      exit;
    end if;
    v_has_more := false;
    v_number := v_window.number + 1;
    v_id := 0;
  end loop;
  return json_build_object('events', to_json(v_events), 'after', format('%s-%s', v_number, v_id), 'more', v_has_more);
end;
$$;
