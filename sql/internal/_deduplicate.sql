-- Decides which of these new jobs are added, and which are dropped because another job stands for their deduplication
-- id. BullMQ's modes, from the options {id, ttl (ms), extend, replace, reschedule, keepLastIfActive} of each:
--   without ttl       the id is taken until its job has ended or is removed; with ttl, for so long
--   extend            each dropped add begins the ttl anew
--   replace           a job that is still delayed gives way to the new one
--   reschedule        a job that is still delayed takes the delay of the dropped one
--   keepLastIfActive  while the job is active, the last dropped add is kept, and added when that has ended
-- A job whose own id is taken is no case for deduplication: it is a duplicate.
--
-- Returns the jobs to add, and by place in the call (from 1) the id of the job that stands for one that was dropped.
--
-- Called by  add_jobs
-- Writes     deduplication; job_state (reschedule); as _remove_jobs (replace); event
-- Locks      the deduplication ids in order; jobs that may have to go, skip locked: whoever holds one is about to run it
-- Notifies   wake, event
create or replace function _deduplicate(p_specs job_spec[], out specs job_spec[], out winners text[])
language plpgsql as $$
declare
  v_spec    job_spec;
  v_kept    job_spec;
  v_opts    json;
  v_ttl     bigint;
  v_keeps   boolean;
  v_key     deduplication;
  v_winner  job_state;
  v_own     text[] := '{}';  -- the jobs of this call that stand for an id, and are not yet there
  v_seen    text[] := '{}';  -- all jobs of this call so far that are to be added
  v_job     text;
  v_is_own  boolean;
  v_is_gone boolean;
begin
  specs := '{}';
  winners := '{}';
  insert into deduplication (queue_id, id)
  select distinct s.queue_id, s.deduplication_id
  from unnest(p_specs) s
  where s.deduplication_id is not null
  order by s.queue_id, s.deduplication_id
  -- Made or locked in one statement: between two, a job that ends could take the row away.
  on conflict (id, queue_id) do update set id = excluded.id where false;

  foreach v_spec in array p_specs loop
    v_job := v_spec.queue_id || ':' || v_spec.id;
    if v_spec.deduplication_id is null or v_job = any(v_seen)
       or exists (select from job j where j.queue_id = v_spec.queue_id and j.id = v_spec.id) then
      specs := specs || v_spec;
      v_seen := v_seen || v_job;
      continue;
    end if;
    v_opts := v_spec.opts->'deduplication';
    v_keeps := coalesce((v_opts->>'keepLastIfActive')::boolean, false);
    v_ttl := case when not v_keeps and (v_opts->>'ttl')::numeric > 0 then ceil((v_opts->>'ttl')::numeric) end;

    select * into v_key from deduplication d where d.queue_id = v_spec.queue_id and d.id = v_spec.deduplication_id;
    select * into v_winner from job_state t where t.queue_id = v_spec.queue_id and t.id = v_key.job_id;
    v_is_own := v_spec.queue_id || ':' || v_key.job_id = any(v_own);

    if v_key.job_id is null or v_key.expires_at <= _now()
       or (v_key.expires_at is null and v_winner.id is null and not v_is_own) then
      update deduplication d
      set job_id = v_spec.id, expires_at = _now() + _ms(v_ttl), kept = null
      where d.queue_id = v_spec.queue_id and d.id = v_spec.deduplication_id;
      v_own := v_own || v_job;
      v_seen := v_seen || v_job;
      specs := specs || v_spec;
      continue;
    end if;

    if (v_opts->>'replace')::boolean then
      v_is_gone := v_is_own and exists (select from unnest(specs) a where a.id = v_key.job_id and a.delay_ms > 0);
      if v_is_gone then
        specs := array(select a from unnest(specs) a where a.queue_id <> v_spec.queue_id or a.id <> v_key.job_id);
        v_seen := array_remove(v_seen, v_spec.queue_id || ':' || v_key.job_id);
      elsif v_winner.run_at is not null then
        perform from job_state t where t.queue_id = v_spec.queue_id and t.id = v_key.job_id and t.run_at is not null
        for update skip locked;
        v_is_gone := found;
        if v_is_gone then
          -- Before the job, its key: it is not to be freed for anybody else.
          update deduplication d set job_id = v_spec.id where d.queue_id = v_spec.queue_id and d.id = v_spec.deduplication_id;
          perform _remove_jobs(v_spec.queue_id, array[v_key.job_id], false);
        end if;
      end if;
      if v_is_gone then
        update deduplication d
        set job_id = v_spec.id, kept = null,
            expires_at = case when v_ttl is not null and not coalesce((v_opts->>'extend')::boolean, false) then d.expires_at
                              else _now() + _ms(v_ttl) end
        where d.queue_id = v_spec.queue_id and d.id = v_spec.deduplication_id;
        perform _publish_deduplicated(v_spec, v_spec.id, v_key.job_id);
        v_own := v_own || v_job;
        v_seen := v_seen || v_job;
        specs := specs || v_spec;
        continue;
      end if;
    end if;

    winners[v_spec.position + 1] := v_key.job_id;
    if v_keeps and v_winner.status = 'active' then
      v_kept := v_spec;
      v_kept.data := null; -- as texts only: jsonb holds no U+0000
      v_kept.opts := null;
      update deduplication d
      set expires_at = null, kept = json_build_array(to_jsonb(v_kept) || jsonb_build_object(
            'position', 0, 'unit', 0, 'data', v_spec.data::text, 'opts', v_spec.opts::text, 'created_at', null))
      where d.queue_id = v_spec.queue_id and d.id = v_spec.deduplication_id;
      perform _publish_deduplicated(v_spec, v_key.job_id, v_spec.id);
    elsif not coalesce((v_opts->>'replace')::boolean, false) then
      if (v_opts->>'extend')::boolean and v_ttl is not null then
        update deduplication d set expires_at = _now() + _ms(v_ttl)
        where d.queue_id = v_spec.queue_id and d.id = v_spec.deduplication_id;
      end if;
      perform _publish_deduplicated(v_spec, v_key.job_id, v_spec.id);
      if (v_opts->>'reschedule')::boolean then
        perform change_delay(v_spec.queue_id, v_key.job_id, v_spec.delay_ms);
      end if;
    end if;
  end loop;
end;
$$;
