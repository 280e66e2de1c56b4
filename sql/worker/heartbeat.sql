-- Renews the lease of a process and of all that it holds, takes over the jobs of the dead, and looks after
-- queues where a wake-up was missed.
--
-- A worker is dead when its lease ran out, which is when its process gave no heartbeat for its lock_ms; or
-- sooner, when its process was silent for 1,250 ms and the session that held its lock is gone. The second
-- kind of evidence only counts for a judge whose own heartbeats came without a gap for 3 s: after a restart
-- of the database everybody's session is gone, and nobody is dead.
--
-- Jobs of the dead are held by locks that have run out from then on. p_checked is a JSON array of the queues in which this process takes over
-- jobs whose locks have run out, {queueId, maxStalledCount}: in other queues they are left to others. p_asleep is one of queues whose
-- workers sleep, {queueId, ranges}: where their jobs can wait, as one of these knows, or null.
-- Returns {known: whether the process is registered, stalled: [{queueId, id}], claimable: ids of queues among
-- the asleep that have work}.
--
-- Moves      active -> waiting
-- Called by  Store.heartbeat (engine/heartbeat.ts)
-- Writes     process, worker, event_listener, deduplication (what has expired); as _recover_jobs, _trim_logs
-- Locks      process rows and advisory process locks of silent processes, skip locked; then their jobs, skip
--            locked
create or replace function heartbeat(p_process_id bigint, p_checked text, p_asleep text) returns json
language plpgsql set search_path from current as $$
declare
  v_now       timestamptz := _now();
  v_is_steady boolean;
  v_stalled   jsonb;
begin
  update process p
  set heartbeat_at = v_now,
      steady_since = case when p.heartbeat_at < v_now - interval '1250 milliseconds' then v_now else p.steady_since end
  where p.id = p_process_id
  returning p.steady_since < v_now - interval '3 seconds' into v_is_steady;
  if not found then
    return json_build_object('known', false);
  end if;
  if exists (select from process p where p.heartbeat_at < v_now - interval '1250 milliseconds') then
    perform _end_leases_of_dead(v_is_steady);
  end if;
  delete from deduplication d
  where d.ctid = any(array(select o.ctid from deduplication o where o.expires_at <= v_now limit 1000 for update skip locked));
  if random() < 0.05 then
    perform _trim_logs();
  end if;
  v_stalled := _recover_expired_locks(p_checked::jsonb);
  if v_stalled = '[]' then
    -- A crash may take back the last heartbeats of all, a few hundred milliseconds of their leases.
    perform set_config('synchronous_commit', 'off', true);
  end if;
  return json_build_object(
    'known', true,
    'stalled', v_stalled,
    'claimable', (
      select json_agg(q.id)
      from (select a."queueId" as id, a.ranges from json_to_recordset(p_asleep::json) as a("queueId" integer, ranges claim_range[]) offset 0) q
      where exists (select from queue u left join rate_window w on w.queue_id = u.id
                    where u.id = q.id and not u.paused and not _is_rate_limited(w, u.rate_max) and not _is_maxed(u.id, u.concurrency))
        and (_has_waiting(q.id, q.ranges)
             or exists (select from job_state s where s.queue_id = q.id and s.status = 'delayed' and s.run_at <= v_now))));
end;
$$;
