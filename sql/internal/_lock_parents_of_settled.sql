-- Locks the parents of jobs that are about to be settled, before the jobs themselves: as their reports name them, which
-- spares reading the jobs, or else as their rows do.
-- Called by  _settle_jobs
-- Locks      job_state rows of the parents, each of the two kinds in order of key
create or replace function _lock_parents_of_settled(p_queue_id integer, p_items settlement[]) returns void
language plpgsql as $$
declare
  v_nameless text[] := array(select i.id from unnest(p_items) i where i.has_parent and i.parent_id is null);
begin
  if v_nameless <> '{}' then
    perform _lock_parents_of(p_queue_id, v_nameless);
  end if;
  perform _lock_jobs(array(select i.parent_queue_id from unnest(p_items) i), array(select i.parent_id from unnest(p_items) i));
end;
$$;
