-- Jobs by id, as a JSON array in the order of the ids; null for one that does not exist.
-- Called by  Store.getJobs (Queue.getJob, Queue.getJobs, Job.fromId)
create or replace function get_jobs(p_queue_id integer, p_ids text) returns text
language plpgsql stable
set search_path from current set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off set enable_seqscan = off as $$
begin
  return (
    select json_agg(case when s.id is not null then _job_json(s, j) end order by i.at)
    from json_array_elements_text(p_ids::json) with ordinality i(id, at)
    left join job_state s on s.queue_id = p_queue_id and s.id = i.id
    left join job j on j.queue_id = p_queue_id and j.id = i.id);
end;
$$;
