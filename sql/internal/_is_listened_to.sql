-- Whether events of a queue are to be written: only while somebody listens, or their log is kept.
-- PL/pgSQL, as every function here that is not a single expression: its plan is kept, where one in SQL is
-- planned at each call.
create or replace function _is_listened_to(p_queue_id integer) returns boolean
language plpgsql stable as $$
begin
  return exists (select from event_listener l where l.queue_id = p_queue_id);
end;
$$;
