-- Frees a deduplication id; with p_job_id only if that job stands for it. Returns whether it was taken.
-- Called by  Store.removeDeduplication (Queue.removeDeduplicationKey, Job.removeDeduplicationKey)
-- Writes     deduplication
create or replace function remove_deduplication(p_queue_id integer, p_id text, p_job_id text) returns boolean
language plpgsql set search_path from current as $$
begin
  delete from deduplication d
  where d.queue_id = p_queue_id and d.id = p_id and (p_job_id is null or d.job_id = p_job_id)
    and coalesce(d.expires_at > _now(), true);
  return found;
end;
$$;
