-- The id of a queue as this transaction sees it, which may have made it itself; null when there is none.
-- Called by  Store.findQueue (objects that are bound to a transaction), ensure_queue, queue_id
create or replace function find_queue(p_prefix text, p_name text) returns integer
language plpgsql stable set search_path from current as $$
begin
  return (select q.id from queue q where q.prefix = p_prefix and q.name = p_name);
end;
$$;
