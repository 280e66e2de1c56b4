-- Ids of jobs in one state (BullMQ's names), from p_start to p_end inclusive (-1: to the end), as a JSON array.
-- Ascending means next to run first, and for finished jobs oldest first.
-- Negative positions count from the end.
-- Called by  Store.listJobs (Queue.getJobs and its kin)
create or replace function list_jobs(
  p_queue_id integer, p_state text, p_start integer, p_end integer, p_ascending boolean
) returns text
language plpgsql stable set search_path from current as $$
declare
  v_start integer := p_start;
  v_end   integer := p_end;
  v_limit integer;
  v_which text;
  v_order text[];
  v_ids   text[];
begin
  if p_start < 0 or p_end < -1 then
    v_start := case when p_start < 0 then greatest((count_jobs(p_queue_id)->>p_state)::integer + p_start, 0) else p_start end;
    v_end := case when p_end < 0 then (count_jobs(p_queue_id)->>p_state)::integer + p_end else p_end end;
    v_limit := greatest(v_end - v_start + 1, 0);
  elsif p_end >= 0 then
    v_limit := greatest(p_end - p_start + 1, 0);
  end if;
  select * into v_which, v_order from _index_of_state(p_state);
  execute format(
    'select array(select id from job_state where queue_id = $1 and %s order by %s offset $2 limit $3)',
    v_which,
    (select string_agg(o || case when p_ascending then ' asc' else ' desc' end, ', ') from unnest(v_order) o))
  into v_ids using p_queue_id, v_start, v_limit;
  return to_json(v_ids);
end;
$$;
