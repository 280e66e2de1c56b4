-- Sets a worker right after an exchange whose answer was lost: jobs that were claimed for it, but never
-- reached it, go back to the head of the queue as if they had not been claimed. An exchange that is still on
-- its way claims nothing any more.
--
-- p_held is a JSON array of {id, token}: what the worker runs or has yet to report. Returns the new epoch, or
-- null when the worker is not known.
--
-- Moves      active -> waiting
-- Called by  Store.resyncWorker
-- Writes     worker, job_state
-- Locks      advisory: the worker's (waits for the exchange to end). Rows: the worker, then its jobs
-- Notifies   wake
create or replace function resync_worker(p_queue_id integer, p_worker_id bigint, p_held text) returns integer
language plpgsql set search_path from current as $$
declare
  v_epoch integer;
begin
  perform pg_advisory_xact_lock(_lock_key('worker', p_worker_id));
  update worker w set epoch = w.epoch + 1, hungry = false
  where w.queue_id = p_queue_id and w.id = p_worker_id
  returning w.epoch into v_epoch;
  if v_epoch is not null then
    -- Numbered from the last to the first, so that at the head of the queue they stand in the order that they had.
    with n as materialized (
      select p_queue_id as queue_id, u.id, -nextval('job_seq') as seq
      from (select s.id from job_state s
            where s.queue_id = p_queue_id and s.worker_id = p_worker_id and s.status = 'active'
              and not exists (select from json_to_recordset(p_held::json) as h(id text, token text)
                              where h.id = s.id and h.token = s.lock_token)
            order by s.priority desc, s.seq desc
            for update) u
    )
    update job_state s
    set status = 'waiting', worker_id = null, lock_token = null, lock_until = null, seq = n.seq,
        attempts_started = s.attempts_started - 1
    from n
    where s.queue_id = n.queue_id and s.id = any (array[n.id]);
    perform _wake(p_queue_id);
  end if;
  return v_epoch;
end;
$$;
