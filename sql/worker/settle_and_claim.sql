-- A worker's one exchange with the database: reports what it has finished, and takes jobs for its free slots,
-- in one commit, which settle_and_claim_all shares with others.
--
-- p_ids to p_parent_ids are jobs that are completed and no more, as _complete_jobs takes them, p_items all other reports, as
-- _settle_jobs does; null when there are none. Where one of p_items has a parent it holds all reports, so that all parents are locked
-- before any job.
-- p_limit is the number of free slots (0 only reports), p_token the lock token of what is claimed: never given
-- before, not even if the database forgets this exchange in a crash. p_is_hungry says that the worker is registered as
-- hungry, p_is_asleep that its last look before sleeping is behind it. p_rate_max and p_rate_ms are the worker's rate
-- limit, or null. p_ranges are those of the last answer that had some, else null; p_finds_ranges asks for new ones.
--
-- Going to sleep takes two exchanges. The first that leaves a slot free registers the worker as hungry; from
-- its commit on, whoever adds a job notifies. The hole is a transaction that looked for hungry workers before
-- that commit and is still open: it holds the queue's wake lock, shared. So the next exchange tries that lock
-- exclusively. As long as it fails the worker looks again every few milliseconds; once it succeeds, this
-- claim sees all that was added without a notification, and the worker may sleep.
--
-- With p_may_defer the commit of a busy exchange does not wait for the disk, and the caller has flush_wal confirm it
-- before it calls anything done. What a crash could undo meanwhile is a claim, which any later durable commit makes
-- durable too, so that no job runs twice with effects in this database. Becoming hungry is never deferred: a sleeping
-- worker relies on it.
--
-- It waits for locks for a moment only, and is tried again by the caller then: a connection that waits is one that nobody else can use.
--
-- Returns the claimed jobs in order, and as last row, with nothing but `head`, a JSON object:
--   worker    its id
--   claimed   how many jobs
--   refused   as _settle_jobs
--   now       when this was, in milliseconds since 1970: what was completed or failed has finished then
--   hungry    registered as hungry
--   asleep    nothing can be added unnoticed
--   more      it was hungry, all slots it offered are filled now, and jobs may be left for others that sleep
--   wakeIn    milliseconds until a delayed job or the end of a rate limit is due, or null
--   deferred  committed, but not yet on disk
--   ranges    as text; null when they were not asked for, or could not be told
--   lost      true when the worker is not known (its lease ran out) or resynced meanwhile: nothing was claimed
--
-- Moves      as _complete_plain_jobs, _complete_jobs, _settle_jobs; delayed -> waiting; waiting -> active
-- Called by  Store.settleAndClaim, settle_and_claim_all
-- Writes     as _complete_plain_jobs, _complete_jobs, _settle_jobs, _choose_jobs; worker
-- Locks      advisory: the worker's (excludes resync_worker); tries the queue's wake lock. Rows: as
--            _complete_jobs and _settle_jobs, then as _choose_jobs
create or replace function settle_and_claim(
  p_queue_id integer, p_worker_id bigint, p_epoch integer, p_token text, p_ids text[], p_tokens text[], p_values text[],
  p_parent_queue_ids integer[], p_parent_ids text[], p_items text, p_limit integer, p_is_hungry boolean, p_is_asleep boolean,
  p_may_defer boolean, p_rate_max integer, p_rate_ms bigint, p_ranges claim_range[], p_finds_ranges boolean
) returns table (
  id text, name text, data json, opts json, created_at bigint, processed_at bigint,
  priority integer, attempts_made integer, attempts_started integer,
  parent_queue_id integer, parent_id text, more json, head json
)
language plpgsql set search_path from current as $$
declare
  v_now         timestamptz := _now();
  v_refused     jsonb;
  v_unsettled   jsonb;
  v_worker      worker;
  v_rows        tid[] := '{}';
  v_is_asleep   boolean := p_is_asleep;
  v_is_hungry   boolean;
  v_is_deferred boolean;
  v_ranges      claim_range[];
  v_mode        queue_mode;
  v_lock_timeout text := current_setting('lock_timeout');
begin
  if v_lock_timeout = '0' then
    v_lock_timeout := set_config('lock_timeout', '200ms', true);
  end if;
  perform pg_advisory_xact_lock_shared(_lock_key('worker', p_worker_id));
  select m.* into v_mode from _queue_mode(p_queue_id, p_rate_max, p_rate_ms) m;
  if p_ids is not null then
    v_refused := case
      when p_parent_ids is null and not v_mode.is_listened_to and not v_mode.is_capped then
        _complete_plain_jobs(array_fill(p_queue_id, array[cardinality(p_ids)]), p_ids, p_tokens, p_values, v_now)
      else
        _complete_jobs(p_queue_id, p_ids, p_tokens, p_values, p_parent_queue_ids, p_parent_ids, v_mode)
    end;
  end if;
  if p_items is not null then
    v_unsettled := _settle_jobs(p_queue_id, p_items::json, v_mode);
    v_refused := coalesce(v_refused || v_unsettled, v_refused, v_unsettled);
  end if;
  select * into v_worker from worker w where w.queue_id = p_queue_id and w.id = p_worker_id;
  if v_worker.id is null or v_worker.epoch <> p_epoch then
    head := json_build_object('worker', p_worker_id, 'claimed', 0, 'refused', v_refused, 'now', _epoch_ms(v_now), 'lost', true);
    return next;
    return;
  end if;

  if p_limit > 0 then
    if p_is_hungry and not p_is_asleep then
      v_is_asleep := pg_try_advisory_xact_lock(_lock_key('wake', p_queue_id));
    end if;
    if p_finds_ranges then
      v_ranges := _find_ranges(p_queue_id, p_ranges);
    end if;
    v_rows := _choose_jobs(p_queue_id, p_limit, v_mode, p_ranges);
    if v_rows <> '{}' then
      return query select c.*, null::json from _claimed_jobs(v_rows, v_now) c;
      perform _activate_jobs(v_rows, v_now, v_worker.name, case when v_worker.renews_locks then p_worker_id end, p_token,
                             case when not v_worker.renews_locks then v_now + _ms(v_worker.lock_ms) end);
    end if;
  end if;

  v_is_hungry := p_limit > cardinality(v_rows);
  if v_is_hungry <> p_is_hungry then
    update worker w set hungry = v_is_hungry where w.queue_id = p_queue_id and w.id = p_worker_id;
  end if;
  v_is_deferred := p_may_defer and (p_is_hungry or not v_is_hungry);
  if v_is_deferred then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  head := _exchange_head(
    p_worker_id, cardinality(v_rows), v_refused, v_now, v_is_hungry, v_is_hungry and v_is_asleep,
    p_limit > 0 and p_is_hungry and not v_is_hungry
      and (p_ranges is null or _has_waiting(p_queue_id, coalesce(v_ranges, p_ranges))),
    case when v_is_hungry then _wake_in(p_queue_id, p_rate_max) end, v_is_deferred, v_ranges);
  return next;
end;
$$;
