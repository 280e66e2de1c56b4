-- Ends the leases of workers that are dead by the rules of heartbeat, and forgets them: their locks have run out now. Sessions in which
-- a frozen worker holds a transaction open are ended. A job whose row is still locked is left for the next round, and its worker with
-- it.
-- Called by  heartbeat
-- Writes     process, worker, event_listener; as _end_lease
-- Locks      process rows, skip locked; advisory: locks of silent processes and of their workers, tried; jobs, skip locked
create or replace function _end_leases_of_dead(p_is_steady boolean) returns void
language plpgsql as $$
declare
  v_now       timestamptz := _now();
  v_process   process;
  v_is_gone   boolean;
  v_worker    worker;
begin
  for v_process in
    select * from process p where p.heartbeat_at < v_now - interval '1250 milliseconds' order by p.id for update skip locked
  loop
    v_is_gone := v_process.holds_lock and p_is_steady and pg_try_advisory_xact_lock(_lock_key('process', v_process.id));
    for v_worker in
      select * from worker w
      where w.process_id = v_process.id and (v_is_gone or v_process.heartbeat_at + _ms(w.lock_ms) < v_now)
      order by w.queue_id, w.id
    loop
      -- An exchange of this worker that is still on its way may yet claim: once it is over, its jobs are seen.
      continue when not pg_try_advisory_xact_lock(_lock_key('worker', v_worker.id));
      perform _end_sessions(v_worker.id);
      perform _end_lease(v_worker.queue_id, v_worker.id, v_now - interval '1 millisecond');
      delete from worker w
      where w.queue_id = v_worker.queue_id and w.id = v_worker.id
        and not exists (select from job_state s where s.queue_id = w.queue_id and s.worker_id = w.id and s.status = 'active');
    end loop;
    if (v_is_gone or v_process.heartbeat_at < v_now - interval '1 minute')
       and not exists (select from worker w where w.process_id = v_process.id) then
      delete from event_listener l where l.process_id = v_process.id;
      delete from process p where p.id = v_process.id;
    end if;
  end loop;
end;
$$;
