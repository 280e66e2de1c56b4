-- Writes one event of a queue, if somebody listens.
-- Writes     event
-- Notifies   event
create or replace function _publish(p_queue_id integer, p_name text, p_job_id text, p_payload json default '{}') returns void
language plpgsql as $$
begin
  if _is_listened_to(p_queue_id) then
    insert into event (queue_id, name, job_id, payload, created_at) values (p_queue_id, p_name, p_job_id, p_payload, _now());
    perform _notify_listeners(p_queue_id);
  end if;
end;
$$;
