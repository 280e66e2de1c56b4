-- Removes up to p_limit jobs of one state that are older than p_grace_ms: finished ones by when they
-- finished, others by when they were last run or added. Oldest first; delayed ones by when they are due, and others that
-- wait by when they would run. Active jobs are never removed, nor
-- is the job that keeps a scheduler going. A parent goes with its last child. Returns their ids, those of waiting jobs from
-- the last to the first, as BullMQ; call again until there are none.
-- Called by  Store.cleanJobs (Queue.clean)
-- Writes     as _remove_jobs
-- Locks      all above the jobs, then the jobs, skip locked
create or replace function clean_jobs(p_queue_id integer, p_state text, p_grace_ms bigint, p_limit integer) returns json
language plpgsql set search_path from current set enable_sort = off as $$
declare
  v_before timestamptz := _now() - _ms(p_grace_ms);
  v_which  text;
  v_order  text[];
  v_ids    text[];
begin
  if p_state = 'active' then
    return '[]';
  end if;
  -- In the order of their index, which sorting is made too dear for: else it reads all to sort it, where there was little once.
  select * into v_which, v_order from _index_of_state(p_state);
  execute format(
    'select array(
       select s.id from job_state s
       where queue_id = $1 and %s and (s.finished_at is not null or not _is_current_iteration(s)) and %s
       order by %s limit $3)',
    v_which,
    case when p_state in ('completed', 'failed') then 'finished_at <= $2'
         else 'coalesce(s.processed_at, (select j.created_at from job j where j.queue_id = s.queue_id and j.id = s.id)) <= $2' end,
    array_to_string(v_order, ', '))
  into v_ids using p_queue_id, v_before, p_limit;
  perform _lock_ancestors_of(p_queue_id, v_ids);
  v_ids := array(
    select s.id
    from (select p_queue_id as queue_id, u.* from unnest(v_ids) with ordinality u(id) offset 0) i
    join job_state s on s.queue_id = i.queue_id and s.id = any (array[i.id])
    where s.status <> 'active' and _state(s.status, s.priority) = p_state
    order by case when p_state = 'waiting' then -i.ordinality else i.ordinality end
    for update of s skip locked);
  perform _remove_jobs(p_queue_id, v_ids, true);
  return to_json(v_ids);
end;
$$;
