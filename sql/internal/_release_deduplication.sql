-- Frees the deduplication ids for which jobs stood that have ended now, unless a ttl says how long; adds what was kept
-- for their end, whatever the ttl.
-- Called by  _settle_jobs, with the ids {job id: deduplication id}
-- Writes     deduplication; as add_jobs
-- Locks      the deduplication ids, in order
-- Notifies   wake, event
create or replace function _release_deduplication(p_queue_id integer, p_ids jsonb) returns void
language plpgsql as $$
declare
  v_key deduplication;
begin
  for v_key in
    select d.* from deduplication d
    where d.queue_id = p_queue_id and d.id = any (array(select value from jsonb_each_text(p_ids)))
    order by d.id
    for update
  loop
    continue when v_key.expires_at is not null and v_key.kept is null or (p_ids->>v_key.job_id) is distinct from v_key.id;
    delete from deduplication d where d.queue_id = p_queue_id and d.id = v_key.id;
    if v_key.kept is not null then
      perform add_jobs(v_key.kept::text);
    end if;
  end loop;
end;
$$;
