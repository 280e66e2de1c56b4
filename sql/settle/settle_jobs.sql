-- Records what became of active jobs, as _settle_jobs says, whoever ran them.
--
-- Moves      active -> completed, failed, waiting, delayed, or removed
-- Called by  Store.settleJobs (Job.moveToCompleted, Job.moveToFailed)
-- Writes     as _settle_jobs
-- Locks      as _settle_jobs
-- Notifies   wake, event
create or replace function settle_jobs(p_queue_id integer, p_items json) returns json
language plpgsql set search_path from current as $$
declare
  v_refused jsonb := _settle_jobs(p_queue_id, p_items, (select m from _queue_mode(p_queue_id, null, null) m));
begin
  if current_setting('tuskmq.run', true) <> '' then
    perform _note_move(p_queue_id, i.id, i.token)
    from json_to_recordset(p_items) i(id text, token text)
    where not exists (select from jsonb_to_recordset(v_refused) r(id text, token text) where r.id = i.id and r.token = i.token);
  end if;
  return v_refused::json;
end;
$$;
