-- Writes that a job stands for the deduplication id of another, which is dropped for it, if somebody listens.
-- Writes     event
-- Notifies   event
create or replace function _publish_deduplicated(p_spec job_spec, p_job_id text, p_dropped_id text) returns void
language plpgsql as $$
begin
  perform _publish(p_spec.queue_id, 'deduplicated', p_job_id, json_build_object(
    'jobId', p_job_id, 'deduplicationId', p_spec.deduplication_id, 'deduplicatedJobId', p_dropped_id));
end;
$$;
