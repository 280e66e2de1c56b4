-- Replaces the data of jobs, in any state and without a lock, as BullMQ does. Columns of the jobs, each once and in the one order of all callers, and of
-- their data, JSON texts. Returns the positions (from 0) of jobs that do not exist, as a JSON array, or null.
--
-- Called by  Store.updateData (Job.updateData)
-- Writes     job
-- Locks      the jobs, in the order given
create or replace function update_data(p_queue_ids integer[], p_ids text[], p_data text[]) returns json
language plpgsql set search_path from current as $$
declare
  v_count integer;
begin
  update job j set data = u.data::json
  from unnest(p_queue_ids, p_ids, p_data) u(queue_id, id, data)
  where j.queue_id = u.queue_id and j.id = any (array[u.id]);
  get diagnostics v_count = row_count;
  if v_count = cardinality(p_ids) then
    return null;
  end if;
  return (
    select json_agg(u.position - 1 order by u.position)
    from unnest(p_queue_ids, p_ids) with ordinality u(queue_id, id, position)
    where not exists (select from job j where j.queue_id = u.queue_id and j.id = u.id));
end;
$$;
