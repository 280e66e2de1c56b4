-- Lets an active job wait for its children, and gives its lock up, unless none is pending. Attempts are not
-- counted. With p_child_key (<prefix>:<queue>:<id>) only that child counts. Outcomes: ok, nothing_pending
-- (the job stays active), missing, failed_children, lock_missing, lock_mismatch, not_active.
--
-- Moves      active -> waiting-children
-- Called by  Store.waitForChildren (Job.moveToWaitingChildren), await_children
-- Writes     job_state, event
-- Locks      the job: a child that finishes at this moment comes before or after, never between
-- Notifies   wake, event
create or replace function wait_for_children(p_queue_id integer, p_id text, p_token text, p_child_key text) returns text
language plpgsql set search_path from current as $$
declare
  v_state   job_state;
  v_outcome text;
begin
  select * into v_state from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  if v_state.id is null then
    return 'missing';
  elsif v_state.failed_children > 0 then
    return 'failed_children';
  elsif v_state.pending_children = 0
     or p_child_key is not null and not exists (
       select from dependency d
       where d.parent_queue_id = p_queue_id and d.parent_id = p_id and d.status = 'pending'
         and _job_key(d.child_queue_id, d.child_id) = p_child_key) then
    return 'nothing_pending';
  end if;
  v_outcome := _lock_outcome(v_state, p_token);
  if v_outcome = 'ok' then
    update job_state s
    set status = 'waiting-children', delay_ms = 0, seq = nextval('job_seq'), lock_token = null, lock_until = null,
        worker_id = null
    where s.queue_id = p_queue_id and s.id = p_id;
    perform _publish_moves(p_queue_id, 'waiting-children', array[p_id], 'active');
    perform _wake_for_slot(p_queue_id);
    perform _note_move(p_queue_id, p_id, p_token);
  end if;
  return v_outcome;
end;
$$;
