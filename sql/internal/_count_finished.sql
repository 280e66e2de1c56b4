-- Counts jobs that were completed or failed for good, in the row of this minute and this session; the first of
-- a minute also folds what lies behind it. p_points is the number of minutes to keep.
--
-- Called by  _settle_jobs, when a worker asks for it
-- Writes     finish_count
-- Locks      tries the queue's counts, advisory: one folds at a time, and nobody waits for it
create or replace function _count_finished(p_queue_id integer, p_settled settled_job[], p_points integer) returns void
language plpgsql as $$
declare
  v_now    timestamptz := _now();
  v_minute integer := _epoch_ms(v_now) / 60000;
  v_begun  job_status[];
begin
  with counted as (
    insert into finish_count as f (queue_id, status, minute, writer, count, first_at, max_points)
    select p_queue_id, s.status, v_minute, pg_backend_pid(), count(*), v_now, p_points
    from unnest(p_settled) s
    where s.status in ('completed', 'failed')
    group by s.status
    on conflict (queue_id, status, minute, writer) do update
    set count = f.count + excluded.count, max_points = excluded.max_points
    returning f.status, f.first_at
  )
  select array_agg(c.status) filter (where c.first_at = v_now) into v_begun from counted c;
  if v_begun is not null and pg_try_advisory_xact_lock(_lock_key('finish_count', p_queue_id)) then
    perform _fold_counts(p_queue_id, s, v_minute, p_points) from unnest(v_begun) s;
  end if;
end;
$$;
