-- Returns the id of a queue, and makes the queue when it is new.
-- To be called on a connection of its own, not in a long business transaction: the first caller makes a
-- sequence.
--
-- Called by  Store.ensureQueue
-- Writes     queue
create or replace function ensure_queue(p_prefix text, p_name text) returns integer
language plpgsql set search_path from current as $$
declare
  v_id       integer;
  v_sequence text;
begin
  select q.id into v_id from queue q where q.prefix = p_prefix and q.name = p_name;
  if v_id is not null then
    return v_id;
  end if;
  v_id := nextval(pg_get_serial_sequence('queue', 'id'));
  v_sequence := format('%I.job_id_%s', current_schema(), v_id);
  execute format('create sequence %s cache 1', v_sequence);
  insert into queue (id, prefix, name, id_sequence) overriding system value values (v_id, p_prefix, p_name, v_sequence::regclass);
  return v_id;
exception
  when unique_violation then -- another process was first; our sequence is rolled back with this block
    select q.id into strict v_id from queue q where q.prefix = p_prefix and q.name = p_name;
    return v_id;
end;
$$;
