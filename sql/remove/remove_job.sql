-- Removes a job with its logs, and with p_with_children all that was ever its child. Outcomes as _remove_family.
--
-- Called by  Store.removeJob (Job.remove, Queue.remove)
-- Writes     as _remove_family
-- Locks      as _remove_family
-- Notifies   wake, event
create or replace function remove_job(p_queue_id integer, p_id text, p_with_children boolean) returns text
language plpgsql set search_path from current as $$
begin
  return _remove_family(p_queue_id, p_id, p_with_children, false);
end;
$$;
