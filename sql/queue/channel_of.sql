-- The channel to LISTEN on for a queue: 'wake' (a sleeping worker should look) or 'event' (events were
-- written); or for a process: 'process' (a sleeping worker of the queue whose id is the payload should look).
-- Called by  Store.channel
create or replace function channel_of(p_kind text, p_id bigint) returns text
language plpgsql stable set search_path from current as $$
begin
  return _channel(p_kind, p_id);
end;
$$;
