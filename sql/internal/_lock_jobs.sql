-- Locks jobs of any queues, given by the columns of their keys, in order of key; those that do not exist are passed over.
-- Called by  _lock_parents_of_settled, _complete_jobs, _change_parents
-- Locks      job_state rows
create or replace function _lock_jobs(p_queue_ids integer[], p_ids text[]) returns void
language plpgsql as $$
begin
  perform
  from (select distinct k.queue_id, k.id collate "C" as id
        from unnest(p_queue_ids, p_ids) k(queue_id, id)
        where k.id is not null
        order by 1, 2
        offset 0) k
  cross join lateral (
    select from job_state s where s.queue_id = k.queue_id and s.id = k.id for update offset 0) s;
end;
$$;
