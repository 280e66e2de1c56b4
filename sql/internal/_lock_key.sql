-- The 64-bit advisory lock key of one thing of this schema. Other users of advisory locks in the database are
-- kept apart by the hash, two schemas of ours by their name.
create or replace function _lock_key(p_kind text, p_id bigint) returns bigint
language sql stable as $$
  select hashtextextended('tuskmq/' || current_schema() || '/' || p_kind, p_id)
$$;
