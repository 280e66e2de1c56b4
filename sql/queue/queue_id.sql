-- The id of a queue that exists, for the functions that take one:
--
--   select tuskmq.pause_queue(tuskmq.queue_id('emails'));
--
-- p_queue is a queue's name (prefix 'bull') or <prefix>:<name>.
-- Called by  applications
-- Raises     TQ009 queue_not_found
create or replace function queue_id(p_queue text) returns integer
language plpgsql stable set search_path from current as $$
declare
  v_id integer := find_queue(_queue_prefix(p_queue), _queue_name(p_queue));
begin
  if v_id is null then
    raise exception 'There is no queue %', p_queue using errcode = 'TQ009';
  end if;
  return v_id;
end;
$$;
