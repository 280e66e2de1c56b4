-- Folds counts of minutes before p_minute into one row a minute, and those before the last p_points minutes into the
-- row for all time. At most 2,000 rows; what is left is folded a minute later.
--
-- Called by  _count_finished, which excludes others
-- Writes     finish_count
-- Locks      folded rows, skip locked
create or replace function _fold_counts(p_queue_id integer, p_status job_status, p_minute integer, p_points integer) returns void
language plpgsql as $$
declare
  v_oldest integer := p_minute - p_points;
  v_rows   tid[];
begin
  v_rows := array(
    select f.ctid from finish_count f
    where f.queue_id = p_queue_id and f.status = p_status and f.minute < p_minute and f.writer <> 0
    order by f.minute
    limit 1000
    for update skip locked);
  v_rows := v_rows || array(
    select f.ctid from finish_count f
    where f.queue_id = p_queue_id and f.status = p_status and f.minute > 0 and f.minute < v_oldest
    order by f.minute
    limit 1000
    for update skip locked);
  with folded as (
    delete from finish_count f where f.ctid = any(v_rows) returning f.*
  )
  insert into finish_count as f (queue_id, status, minute, writer, count, first_at, max_points)
  select c.queue_id, c.status, case when c.minute >= v_oldest then c.minute else 0 end as kept, 0, sum(c.count),
         case when min(c.minute) >= v_oldest then min(c.first_at) else _at(v_oldest * 60000::bigint) end, p_points
  from folded c
  group by c.queue_id, c.status, kept
  on conflict (queue_id, status, minute, writer) do update
  set count = f.count + excluded.count,
      first_at = case when f.minute = 0 then greatest(f.first_at, excluded.first_at)
                      else least(f.first_at, excluded.first_at) end;
end;
$$;
