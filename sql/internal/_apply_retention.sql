-- Removes finished jobs of a queue beyond what the jobs just settled ask to keep: for each outcome, the last
-- one that asks decides. Bounded work each time: at most 1,000 jobs by count, or a tenth of those to keep, up to 5,000;
-- and keep_limit jobs by age.
--
-- What to remove by count lies behind all that is to be kept, which is read. Of more than 1,000 that is not done each time, but once for
-- about a fiftieth of them that has finished, 2,500 at most: until then there are a few more.
-- Called by  _settle_jobs
-- Writes     job_state, job, job_log, dependency, deduplication
create or replace function _apply_retention(p_queue_id integer, p_items settlement[]) returns void
language plpgsql as $$
declare
  v_rule   record;
  v_ids    text[];
  v_beyond text[];
begin
  for v_rule in
    select distinct on (i.outcome) i.outcome::job_status as status, i.keep_count, _now() - _ms(i.keep_age_ms) as oldest, i.keep_limit,
           count(*) over (partition by i.outcome) as finished
    from unnest(p_items) with ordinality i
    where i.outcome in ('completed', 'failed') and (i.keep_count is not null or i.keep_age_ms is not null)
    order by i.outcome, i.ordinality desc
  loop
    v_ids := array(
      select s.id from job_state s
      where s.queue_id = p_queue_id and s.status = v_rule.status and s.status in ('completed', 'failed')
        and s.finished_at <= v_rule.oldest
      order by s.finished_at
      limit v_rule.keep_limit
      for update skip locked);
    if v_rule.keep_count <= 1000 or random() < v_rule.finished * greatest(50.0 / v_rule.keep_count, 1.0 / 2500) then
      -- Found first and then locked: an offset would lock all that is kept.
      v_beyond := array(
        select s.id from job_state s
        where s.queue_id = p_queue_id and s.status = v_rule.status and s.status in ('completed', 'failed')
        order by s.finished_at desc, s.seq desc
        offset v_rule.keep_count limit greatest(1000, least(v_rule.keep_count / 10, 5000)));
      v_ids := v_ids || array(
        select s.id from job_state s
        where s.queue_id = p_queue_id and s.id = any(v_beyond) and s.status = v_rule.status
        for update skip locked);
    end if;
    if v_rule.status = 'failed' then
      v_ids := _release_parents_of_failed(p_queue_id, v_ids);
    end if;
    delete from job_state s where s.queue_id = p_queue_id and s.id = any(v_ids);
    -- As in _remove_jobs; what has a ttl lasts as long as that says.
    delete from deduplication d where d.job_id = any(v_ids) and d.queue_id + 0 = p_queue_id and d.expires_at is null;
    perform _delete_rows_of_jobs(p_queue_id, v_ids);
  end loop;
end;
$$;
