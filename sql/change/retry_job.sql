-- Lets a finished job run again. p_state is the state that it has to be in; its place as a pending child of its
-- parent is restored. p_opts: {lifo, resetAttemptsMade, resetAttemptsStarted}. Outcomes: ok, missing,
-- not_in_state.
--
-- Moves      completed, failed -> waiting
-- Called by  Store.retryJob (Job.retry), retry_jobs, retry_from_step
-- Writes     job_state, dependency, event
-- Locks      the parent, then the job
-- Notifies   wake, event
create or replace function retry_job(p_queue_id integer, p_id text, p_state text, p_opts json default '{}') returns text
language plpgsql set search_path from current as $$
declare
  v_state job_state;
begin
  perform _lock_parents_of(p_queue_id, array[p_id]);
  select * into v_state from job_state s where s.queue_id = p_queue_id and s.id = p_id for update;
  if v_state.id is null then
    return 'missing';
  elsif v_state.status::text is distinct from p_state or v_state.finished_at is null then
    return 'not_in_state';
  end if;
  perform _hold_wake_lock(p_queue_id);
  update job_state s
  set status = 'waiting', finished_at = null, processed_at = null, failed_reason = null, return_value = null, lock_token = null,
      seq = case when (p_opts->>'lifo')::boolean then -nextval('job_seq') else nextval('job_seq') end,
      attempts_made = case when (p_opts->>'resetAttemptsMade')::boolean then 0 else s.attempts_made end,
      attempts_started = case when (p_opts->>'resetAttemptsStarted')::boolean then 0 else s.attempts_started end
  where s.queue_id = p_queue_id and s.id = p_id;
  perform _restore_dependency(v_state);
  perform _publish_moves(p_queue_id, 'waiting', array[p_id], p_state);
  perform _wake(p_queue_id);
  return 'ok';
end;
$$;
