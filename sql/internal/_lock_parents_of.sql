-- Locks the parents of jobs, before the jobs themselves.
-- Called by  _lock_parents_of_settled, retry_job, retry_jobs, _remove_family, remove_dependency
-- Locks      job_state rows of the parents, in order of key
create or replace function _lock_parents_of(p_queue_id integer, p_ids text[]) returns void
language plpgsql as $$
begin
  perform
  from (select distinct s.parent_queue_id, s.parent_id
        from job_state s
        where s.queue_id = p_queue_id and s.id = any(p_ids) and s.parent_id is not null
        order by s.parent_queue_id, s.parent_id
        offset 0) c
  cross join lateral (
    select from job_state p where p.queue_id = c.parent_queue_id and p.id = c.parent_id for update offset 0) p;
end;
$$;
