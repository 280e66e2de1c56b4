-- Makes a queue, so that no transaction that adds to it has to; no effect when it is there. Returns its id.
--
--   select tuskmq.create_queue('emails');
--
-- p_queue is a queue's name (prefix 'bull') or <prefix>:<name>. Waits for another transaction that is making the same.
-- Called by  applications
-- Writes     queue
-- Raises     22023 no name
create or replace function create_queue(p_queue text) returns integer
language plpgsql set search_path from current as $$
begin
  return _ensure_queue_named(coalesce(p_queue, ''));
end;
$$;
