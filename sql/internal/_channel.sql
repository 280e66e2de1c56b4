-- The NOTIFY channel on which something of this schema is announced: 'wake' (a queue has work), 'event' (a
-- queue has events).
create or replace function _channel(p_kind text, p_queue_id integer) returns text
language sql stable as $$
  select format('tuskmq:%s:%s:%s', quote_ident(current_schema())::regnamespace::oid, p_kind, p_queue_id)
$$;
