-- How many schedulers a queue has.
-- Called by  Store.countSchedulers (JobScheduler.getSchedulersCount), list_schedulers
create or replace function count_schedulers(p_queue_id integer) returns integer
language plpgsql stable set search_path from current as $$
begin
  return (select count(*) from scheduler c where c.queue_id = p_queue_id);
end;
$$;
