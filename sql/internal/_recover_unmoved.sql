-- Takes back jobs whose processor said that it had moved them, but which are still active under their token: nobody
-- would ever come back to them. It counts as a stall, so that a processor that never moves its job cannot spin.
-- Called by  _settle_jobs
-- Writes     as _recover_jobs
-- Locks      the jobs in order of id
create or replace function _recover_unmoved(p_queue_id integer, p_items settlement[]) returns void
language plpgsql as $$
begin
  perform _recover_jobs(
    p_queue_id,
    array(
      select s.id
      from (select o.*, p_queue_id as queue_id from unnest(p_items) o offset 0) i
      join job_state s on s.queue_id = i.queue_id and s.id = any (array[i.id])
      where i.outcome = 'moved' and s.lock_token = i.token and s.finished_at is null
      order by s.id
      for update of s),
    coalesce((select min(i.max_stalled_count) from unnest(p_items) i), 1));
end;
$$;
