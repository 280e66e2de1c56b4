-- Locks the parents of jobs, and theirs, before the jobs themselves.
-- Called by  whatever removes jobs with the parents that waited for nothing else
-- Locks      job_state rows of all above the jobs, in order of key
create or replace function _lock_ancestors_of(p_queue_id integer, p_ids text[]) returns void
language plpgsql as $$
begin
  perform
  from (with recursive ancestor as (
          select s.parent_queue_id as queue_id, s.parent_id as id
          from job_state s
          where s.queue_id = p_queue_id and s.id = any(p_ids) and s.parent_id is not null
          union
          select p.parent_queue_id, p.parent_id
          from ancestor a
          join job_state p on p.queue_id = a.queue_id and p.id = a.id
          where p.parent_id is not null
        )
        select a.queue_id, a.id from ancestor a order by a.queue_id, a.id offset 0) c
  cross join lateral (
    select from job_state p where p.queue_id = c.queue_id and p.id = c.id for update offset 0) p;
end;
$$;
