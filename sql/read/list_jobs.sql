-- Ids of jobs in one state (BullMQ's names), from p_start to p_end inclusive (-1: to the end), as a JSON
-- array. Ascending means next to run first, and for finished jobs oldest first.
-- Called by  Store.listJobs (Queue.getJobs and its kin)
create or replace function list_jobs(p_queue_id integer, p_state text, p_start integer, p_end integer, p_ascending boolean) returns text
language plpgsql stable set search_path from current as $$
declare
  v_limit integer := case when p_end >= 0 then greatest(p_end - p_start + 1, 0) end;
  v_sign  text := case when p_ascending then 'asc' else 'desc' end;
  v_ids   text[];
begin
  -- One query a state, so that each is read from its own index and only as far as asked.
  execute case p_state
    when 'waiting' then format('select array(select id from job_state where queue_id = $1 and status = ''waiting'' and priority = 0
      order by priority %1$s, seq %1$s offset $2 limit $3)', v_sign)
    when 'prioritized' then format('select array(select id from job_state where queue_id = $1 and status = ''waiting'' and priority <> 0
      order by priority %1$s, seq %1$s offset $2 limit $3)', v_sign)
    when 'delayed' then format('select array(select id from job_state where queue_id = $1 and status = ''delayed''
      order by run_at %1$s, seq %1$s offset $2 limit $3)', v_sign)
    when 'active' then format('select array(select id from job_state where queue_id = $1 and status = ''active''
      order by processed_at %1$s, seq %1$s offset $2 limit $3)', v_sign)
    when 'waiting-children' then format('select array(select id from job_state where queue_id = $1 and status = ''waiting-children''
      order by seq %1$s offset $2 limit $3)', v_sign)
    else format('select array(select id from job_state where queue_id = $1 and status = %2$L and status in (''completed'', ''failed'')
      order by finished_at %1$s, seq %1$s offset $2 limit $3)', v_sign, p_state)
  end into v_ids using p_queue_id, p_start, v_limit;
  return to_json(v_ids);
end;
$$;
