-- Makes this client process known. Returns {id}.
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
  return json_build_object('id', v_id);
end;
$$;
