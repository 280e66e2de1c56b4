-- Jobs by id, as a JSON array in the order of the ids; null for one that does not exist.
-- Called by  Store.getJobs (Queue.getJob, Queue.getJobs, Job.fromId)
create or replace function get_jobs(p_queue_id integer, p_ids text) returns text
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_agg(case when s.id is not null then _job_json(s.state, j.job) end order by i.at)
    from json_array_elements_text(p_ids::json) with ordinality i(id, at)
    left join lateral (select t.id, t as state from job_state t where t.queue_id = p_queue_id and t.id = i.id offset 0) s on true
    left join lateral (select t as job from job t where t.queue_id = p_queue_id and t.id = i.id offset 0) j on true);
end;
$$;
