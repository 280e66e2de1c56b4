-- The advisory lock of whoever makes a queue of this name, until the transaction ends.
create or replace function _queue_lock_key(p_prefix text, p_name text) returns bigint
language sql stable as $$
  select _lock_key('queue', hashtextextended(p_prefix || ':' || p_name, 0))
$$;
