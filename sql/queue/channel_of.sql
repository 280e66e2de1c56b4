-- The channel to LISTEN on for a queue: 'wake' (a sleeping worker should look) or 'event' (events were
-- written).
-- Called by  Store.channel
create or replace function channel_of(p_kind text, p_queue_id integer) returns text
language plpgsql stable set search_path from current as $$
begin
  return _channel(p_kind, p_queue_id);
end;
$$;
