-- What most claimed jobs do not have: a function of its own, for a JSON object in the query would be prepared at each claim.
-- Called by  _claimed_jobs
create or replace function _rare_fields(s job_state) returns json
language plpgsql stable as $$
begin
  return json_build_object(
    'progress', s.progress, 'returnvalue', s.return_value, 'failedReason', s.failed_reason, 'stacktrace', s.stacktrace,
    'stalledCounter', s.stalled_count, 'deferredFailure', s.deferred_failure, 'repeatJobKey', s.scheduler_id);
end;
$$;
