-- Events of a queue that became visible after a snapshot, in order of id: at most p_limit, and where to go
-- on.
--
-- The cursor is a snapshot. New is what is visible now and was not visible then: written by a transaction
-- that began later (xid >= xmax), or was in progress (xid in xip). An early id that is committed late is so
-- found, once; `id > cursor` would lose it. When there are more than p_limit, the next page reads the same
-- window (p_until) after the last id. p_since null reads all that is kept, from p_after_id on.
--
-- Returns {events: [{id, name, payload}], since, until, afterId}: the last three are the arguments of the
-- next call.
-- Called by  Store.readEvents (QueueEvents)
create or replace function read_events(p_queue_id integer, p_since text, p_until text, p_after_id bigint, p_limit integer) returns text
language plpgsql stable set search_path from current set plan_cache_mode = force_generic_plan as $$
declare
  v_since  pg_snapshot := p_since::pg_snapshot;
  v_until  pg_snapshot := coalesce(p_until::pg_snapshot, pg_current_snapshot());
  v_events json[];
  v_last   bigint;
begin
  if v_since is null then
    select array_agg(e.event order by e.id), max(e.id) into v_events, v_last
    from (select e.id, json_build_object('id', e.id::text, 'name', e.name, 'payload', e.payload) as event
          from event e
          where e.queue_id = p_queue_id and e.id > p_after_id and pg_visible_in_snapshot(e.xid, v_until)
          order by e.id limit p_limit) e;
  else
    select array_agg(e.event order by e.id), max(e.id) into v_events, v_last
    from (select e.id, json_build_object('id', e.id::text, 'name', e.name, 'payload', e.payload) as event
          from event e
          where e.queue_id = p_queue_id
            and (e.xid >= pg_snapshot_xmax(v_since) or e.xid = any(array(select pg_snapshot_xip(v_since))))
            and e.id > p_after_id and pg_visible_in_snapshot(e.xid, v_until)
          order by e.id limit p_limit) e;
  end if;
  if coalesce(cardinality(v_events), 0) = p_limit then
    return json_build_object('events', to_json(v_events), 'since', v_since::text, 'until', v_until::text, 'afterId', v_last::text);
  end if;
  return json_build_object('events', coalesce(to_json(v_events), '[]'), 'since', v_until::text, 'until', null, 'afterId', '0');
end;
$$;
