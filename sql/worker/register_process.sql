-- Makes this client process known and returns its id, with the key of the advisory lock that its longest
-- session should hold.
-- Called by  Store.registerProcess
-- Writes     process
create or replace function register_process(p_hostname text, p_pid integer) returns json
language plpgsql set search_path from current as $$
declare
  v_id bigint;
begin
  insert into process (hostname, pid, started_at, heartbeat_at, steady_since)
  values (p_hostname, p_pid, _now(), _now(), _now())
  returning id into v_id;
  return json_build_object('id', v_id, 'lockKey', _lock_key('process', v_id)::text);
end;
$$;
