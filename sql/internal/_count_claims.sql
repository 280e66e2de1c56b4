-- Counts claims in the window of a queue whose rate is limited; the first one begins it, for p_rate_ms. Jobs that are only
-- claimed to be failed do not count.
-- Called by  _choose_jobs, which holds the lock on the queue
-- Writes     rate_window
create or replace function _count_claims(p_queue_id integer, p_rows tid[], p_rate_ms bigint) returns void
language plpgsql as $$
declare
  v_count integer := (select count(*) from job_state s where s.ctid = any(p_rows) and s.deferred_failure is null);
begin
  if v_count > 0 then
    insert into rate_window as w (queue_id, count, ends_at)
    values (p_queue_id, v_count, _now() + _ms(p_rate_ms))
    on conflict (queue_id) do update
    set count = case when w.ends_at > _now() then w.count else 0 end + v_count,
        ends_at = case when w.ends_at > _now() then w.ends_at else excluded.ends_at end;
  end if;
end;
$$;
