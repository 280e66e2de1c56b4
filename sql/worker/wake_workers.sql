-- Tells all sleeping workers of a queue, if a job waits in these ranges, or they are null, or one is due. For a process that was told of one and cannot look
-- for it, because all of its workers have enough to do by now.
-- Called by  Store.wakeWorkers (engine/wake-ups.ts)
-- Locks      as _wake
-- Notifies   wake
create or replace function wake_workers(p_queue_id integer, p_ranges claim_range[]) returns void
language plpgsql set search_path from current as $$
declare
  v_now timestamptz := _now();
begin
  if p_ranges is null or _has_waiting(p_queue_id, p_ranges)
     or exists (select from job_state s where s.queue_id = p_queue_id and s.status = 'delayed' and s.run_at <= v_now) then
    perform _wake(p_queue_id);
  end if;
end;
$$;
