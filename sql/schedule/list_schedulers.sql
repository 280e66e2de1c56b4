-- Schedulers of a queue in order of their next slot, from p_start to p_end inclusive (-1: to the end), as a JSON
-- array of what get_scheduler returns. Negative positions count from the end.
-- Called by  Store.listSchedulers (JobScheduler.getJobSchedulers)
create or replace function list_schedulers(p_queue_id integer, p_start integer, p_end integer, p_ascending boolean) returns json
language plpgsql stable set search_path from current as $$
declare
  v_count integer := case when p_start < 0 or p_end < -1 then count_schedulers(p_queue_id) end;
  v_start integer := case when p_start < 0 then greatest(v_count + p_start, 0) else p_start end;
  v_end   integer := case when p_end < -1 then v_count + p_end else p_end end;
  v_limit integer := case when p_end <> -1 then greatest(v_end - v_start + 1, 0) end;
  v_page  json[];
begin
  if p_ascending then
    v_page := array(
      select _scheduler_json(c) from scheduler c
      where c.queue_id = p_queue_id
      order by c.next_at, c.id
      offset v_start limit v_limit);
  else
    v_page := array(
      select _scheduler_json(c) from scheduler c
      where c.queue_id = p_queue_id
      order by c.next_at desc, c.id desc
      offset v_start limit v_limit);
  end if;
  return to_json(v_page);
end;
$$;
