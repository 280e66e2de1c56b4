-- Locks up to p_limit waiting jobs that may be claimed now, by priority and then in order, after promoting delayed
-- ones that are due, and returns their places in the table, which a locked row does not leave. p_mode is as _queue_mode has
-- just found it; p_ranges as _find_ranges, or null.
--
-- A claim is three steps: _choose_jobs, then _claimed_jobs reads what the claimer has to know, and
-- _activate_jobs makes them its own. The cost depends on the number of claimed jobs only.
--
-- Moves      delayed -> waiting
-- Called by  settle_and_claim, claim_jobs
-- Writes     job_state, rate_window, event
-- Locks      the queue, if it has a limit; the jobs, skip locked
create or replace function _choose_jobs(p_queue_id integer, p_limit integer, p_mode queue_mode, p_ranges claim_range[]) returns tid[]
language plpgsql as $$
declare
  v_limit integer := p_limit;
  v_rows  tid[];
begin
  if p_mode.has_due then
    perform _promote(p_queue_id, _now(), 1000);
  end if;
  if p_mode.is_closed then
    return '{}';
  end if;
  if p_mode.is_capped or p_mode.rate_max is not null then
    v_limit := _limit_claim(p_queue_id, p_limit, p_mode.rate_max);
  end if;
  v_rows := _lock_head(p_queue_id, v_limit, p_ranges);
  if p_mode.rate_max is not null and v_rows <> '{}' then
    perform _count_claims(p_queue_id, v_rows, p_mode.rate_ms);
  end if;
  if p_mode.is_listened_to and v_rows <> '{}' then
    perform _publish_moves(p_queue_id, 'active', array(
      select s.id from job_state s where s.ctid = any(v_rows) order by s.priority, s.seq), 'waiting');
  end if;
  return v_rows;
end;
$$;
