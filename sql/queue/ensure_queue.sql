-- Returns the id of a queue, and makes the queue when it is new. Null when another open transaction is making it: nobody
-- knows the id before that commits, and a caller that waited would keep its connection from others.
-- The library calls it on a connection of its own, from SQL it runs in the caller's transaction: others who want the
-- same new queue wait for the end of that.
--
-- Called by  Store.ensureQueue, _ensure_queue_named
-- Writes     queue
-- Locks      advisory: tries that of the queue's name
-- Raises     40001 under repeatable read, when the queue was made since the transaction began
create or replace function ensure_queue(p_prefix text, p_name text) returns integer
language plpgsql set search_path from current as $$
declare
  v_id       integer;
  v_sequence text;
begin
  v_id := find_queue(p_prefix, p_name);
  if v_id is not null then
    return v_id;
  elsif not pg_try_advisory_xact_lock(_queue_lock_key(p_prefix, p_name)) then
    return null;
  end if;
  -- Made between the look and the lock.
  v_id := find_queue(p_prefix, p_name);
  if v_id is not null then
    return v_id;
  end if;
  v_id := nextval(pg_get_serial_sequence('queue', 'id'));
  v_sequence := format('%I.job_id_%s', current_schema(), v_id);
  execute format('create sequence %s cache 1', v_sequence);
  insert into queue (id, prefix, name, id_sequence) overriding system value values (v_id, p_prefix, p_name, v_sequence::regclass);
  return v_id;
exception
  when unique_violation then -- by a client of an earlier version, which takes no lock; our sequence is rolled back with this block
    v_id := find_queue(p_prefix, p_name);
    if v_id is null then
      raise exception 'The queue % was made by a concurrent transaction', p_name using errcode = '40001';
    end if;
    return v_id;
end;
$$;
