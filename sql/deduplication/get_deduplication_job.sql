-- The id of the job that stands for a deduplication id, or null.
-- Called by  Store.getDeduplicationJob (Queue.getDeduplicationJobId)
create or replace function get_deduplication_job(p_queue_id integer, p_id text) returns text
language plpgsql stable set search_path from current as $$
begin
  return (
    select d.job_id from deduplication d
    where d.queue_id = p_queue_id and d.id = p_id and coalesce(d.expires_at > _now(), true));
end;
$$;
