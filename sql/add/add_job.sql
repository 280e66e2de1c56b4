-- Adds one job from SQL: psql, a trigger, another language. It commits or rolls back with the caller's
-- transaction.
--
--   select tuskmq.add_job('emails', 'welcome', '{"to": 1}');
--   select tuskmq.add_job('emails', 'welcome', '{"to": 1}', '{"delay": 5000, "attempts": 3}');
--
-- p_queue is a queue's name (prefix 'bull') or <prefix>:<name>. p_opts are BullMQ's job options: jobId, delay
-- (ms), priority, lifo, attempts, backoff, timestamp (ms), parent {id, queue}, deduplication {id, ttl, ...},
-- removeOnComplete, ... Returns the job's id, also when a job of this id was there already.
--
-- A queue that is new is made here. Until this transaction ends, others that want the same new queue wait for it: make
-- it beforehand with create_queue where transactions are long.
--
-- This and add_flow are all that a role with grant_producer may call.
--
-- Moves      nothing -> waiting, delayed
-- Called by  applications
-- Writes     as add_jobs; queue
-- Raises     TQ005 parent_not_found, TQ007 parent_cannot_be_replaced, 22023 invalid option
create or replace function add_job(p_queue text, p_name text, p_data json default '{}', p_opts json default '{}') returns text
language plpgsql set search_path from current as $$
begin
  if p_opts->>'jobId' = '0' or starts_with(p_opts->>'jobId', '0:') then
    raise exception 'JobId cannot be ''0'' or start with ''0:''' using errcode = '22023';
  end if;
  return _add_specs(array[_job_spec(coalesce(p_queue, ''), p_name, p_data, p_opts)]);
end;
$$;
