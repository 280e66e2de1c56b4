-- Which rows of job_state are in a state (BullMQ's names), and their order, next to run or oldest first, as one of the partial indexes has
-- them: parts of a statement that reads each state only as far as asked.
-- Called by  list_jobs, clean_jobs
-- Raises     22023 for a state that does not exist
create or replace function _index_of_state(p_state text, out which text, out ordering text[])
language plpgsql immutable as $$
begin
  case p_state
    when 'waiting' then which := $w$status = 'waiting' and priority = 0$w$; ordering := '{priority, seq}';
    when 'prioritized' then which := $w$status = 'waiting' and priority > 0$w$; ordering := '{priority, seq}';
    when 'delayed' then which := $w$status = 'delayed'$w$; ordering := '{run_at, seq}';
    when 'active' then which := $w$status = 'active'$w$; ordering := '{processed_at, seq}';
    when 'waiting-children' then which := $w$status = 'waiting-children'$w$; ordering := '{seq}';
    when 'completed' then which := $w$status = 'completed' and status in ('completed', 'failed')$w$; ordering := '{finished_at, seq}';
    when 'failed' then which := $w$status = 'failed' and status in ('completed', 'failed')$w$; ordering := '{finished_at, seq}';
    else raise exception 'There is no state %', p_state using errcode = '22023';
  end case;
end;
$$;
