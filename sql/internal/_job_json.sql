-- A job as the JavaScript API receives it. Data, options and results are embedded as they were given. Its lock
-- token is its worker's secret: who could read it could finish the job.
create or replace function _job_json(s job_state, j job) returns json
language sql stable as $$
  select json_build_object(
    'id', s.id, 'name', j.name, 'data', j.data, 'opts', j.opts,
    'state', _state(s.status, s.priority), 'priority', s.priority, 'timestamp', _epoch_ms(j.created_at),
    'delay', case when s.status in ('delayed', 'waiting-children') then s.delay_ms else 0 end,
    'attemptsMade', s.attempts_made, 'attemptsStarted', s.attempts_started, 'stalledCounter', s.stalled_count,
    'processedOn', _epoch_ms(s.processed_at), 'processedBy', s.processed_by,
    'finishedOn', _epoch_ms(s.finished_at), 'parentId', s.parent_id,
    'parentKey', case when s.parent_id is not null then _job_key(s.parent_queue_id, s.parent_id) end, 'onFailure', s.on_failure,
    'progress', s.progress, 'returnvalue', s.return_value, 'failedReason', s.failed_reason,
    'stacktrace', s.stacktrace, 'deferredFailure', s.deferred_failure, 'repeatJobKey', s.scheduler_id)
$$;
