-- The NOTIFY channel on which something of this schema is announced: 'wake' (a queue has work), 'event' (a
-- queue has events), 'process' (the queue that the payload names has a job; for this process alone).
create or replace function _channel(p_kind text, p_id bigint) returns text
language sql stable as $$
  select format('tuskmq:%s:%s:%s', quote_ident(current_schema())::regnamespace::oid, p_kind, p_id)
$$;
