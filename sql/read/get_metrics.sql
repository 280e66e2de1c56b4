-- How many jobs of a queue were completed, or failed, minute by minute: {meta: {count, prevTS, prevCount}, data, count}.
--
-- meta.count is all of them, prevTS when the first one of the latest minute that has any finished, prevCount how many
-- there were before that minute. data is the counts of the minutes before it, newest first, from p_start to p_end
-- inclusive (negative positions count from the end), count how many of these are kept.
-- Called by  Store.getMetrics (Queue.getMetrics)
create or replace function get_metrics(p_queue_id integer, p_state text, p_start integer, p_end integer) returns json
language plpgsql stable set search_path from current as $$
declare
  v_status job_status := p_state;
  v_total  bigint;
  v_first  integer;
  v_last   integer;
  v_latest record;
  v_points integer;
  v_start  integer;
  v_end    integer;
begin
  select sum(f.count), min(_epoch_ms(f.first_at) / 60000), max(f.minute)
  into v_total, v_first, v_last
  from finish_count f
  where f.queue_id = p_queue_id and f.status = v_status;
  select sum(f.count) as count, min(f.first_at) as first_at, max(f.max_points) as max_points
  into v_latest
  from finish_count f
  where f.queue_id = p_queue_id and f.status = v_status and f.minute = v_last;
  v_points := coalesce(least(v_latest.max_points, v_last - v_first), 0);
  v_start := case when p_start < 0 then greatest(v_points + p_start, 0) else p_start end;
  v_end := least(case when p_end < 0 then v_points + p_end else p_end end, v_points - 1);
  return json_build_object(
    'meta', json_build_object(
      'count', coalesce(v_total, 0),
      'prevTS', coalesce(_epoch_ms(v_latest.first_at), 0),
      'prevCount', coalesce(v_total - v_latest.count, 0)),
    'data', to_json(array(
      select (select coalesce(sum(f.count), 0)
              from finish_count f
              where f.queue_id = p_queue_id and f.status = v_status and f.minute = v_last - 1 - i)
      from generate_series(v_start, v_end) i
      order by i)),
    'count', v_points);
end;
$$;
