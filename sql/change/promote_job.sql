-- Lets a delayed job run now. Outcomes: ok, missing, not_in_state.
-- Moves      delayed -> waiting
-- Called by  Store.promoteJob (Job.promote)
-- Writes     job_state, event
-- Locks      the job
-- Notifies   wake, event
create or replace function promote_job(p_queue_id integer, p_id text) returns text
language plpgsql set search_path from current as $$
begin
  perform _hold_wake_lock(p_queue_id);
  update job_state s set status = 'waiting', run_at = null, seq = nextval('job_seq')
  where s.queue_id = p_queue_id and s.id = p_id and s.run_at is not null;
  if not found then
    return case when exists (select from job_state s where s.queue_id = p_queue_id and s.id = p_id)
                then 'not_in_state' else 'missing' end;
  end if;
  perform _publish_moves(p_queue_id, 'waiting', array[p_id], 'delayed');
  perform _wake(p_queue_id);
  return 'ok';
end;
$$;
