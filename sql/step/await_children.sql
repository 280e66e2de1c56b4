-- Lets a run wait for the children of its job under the name of a step, as wait_for_children. Outcomes: ok (the job now
-- waits), done (no child is pending), failed_children, and those of _run_outcome.
--
-- Moves      active -> waiting-children
-- Called by  Store.awaitChildren (Job.waitForChildren)
-- Writes     step; as wait_for_children
-- Locks      the job
-- Notifies   event
create or replace function await_children(p_queue_id integer, p_id text, p_token text, p_name text) returns text
language plpgsql set search_path from current as $$
declare
  v_outcome text := _lock_run(p_queue_id, p_id, p_token);
begin
  if v_outcome = 'ok' then
    v_outcome := wait_for_children(p_queue_id, p_id, p_token, null);
  end if;
  if v_outcome not in ('ok', 'nothing_pending') then
    return v_outcome;
  end if;
  insert into step as s (queue_id, job_id, name, kind, token, started_at, finished_at)
  values (p_queue_id, p_id, p_name, 'children', p_token, _now(), case when v_outcome = 'nothing_pending' then _now() end)
  on conflict (job_id, queue_id, name) do update set token = excluded.token, finished_at = excluded.finished_at;
  return case v_outcome when 'ok' then 'ok' else 'done' end;
end;
$$;
