-- The first of 33 slots, from p_slot on, for which there is no job yet; null when there is none. Jobs of an
-- earlier scheduler of the same id may be in the way; p_replaced_id is about to go.
-- Called by  upsert_scheduler, advance_scheduler
create or replace function _free_slot(p_queue_id integer, p_scheduler_id text, p_slot bigint, p_every bigint, p_replaced_id text)
returns bigint
language plpgsql stable as $$
begin
  return (
    select p_slot + n * p_every
    from generate_series(0, 32) n
    where not exists (
      select from job j
      where j.queue_id = p_queue_id and j.id = _iteration_id(p_scheduler_id, p_slot + n * p_every)
        and j.id is distinct from p_replaced_id)
    order by n
    limit 1);
end;
$$;
