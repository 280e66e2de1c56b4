-- Exchanges of many workers with the database, in one commit that waits for the disk. p_exchanges is a JSON array of `exchange`, in order
-- of the queues' ids; arrays are texts.
--
-- Those of queues that have no rules of their own (limits, listeners, delayed jobs that are due) and that report nothing but jobs
-- that are completed and no more are made together, statement by statement, in half of the server's time; then all others, one
-- after the other, by settle_and_claim.
--
-- Not for the last look before sleeping, which would hold the wake lock until all others are through, nor for reports that lock more than
-- their jobs: of jobs that had a parent, for all parents are locked before any job; of those that free a deduplication id; of those that were
-- to be moved. Nor for two of one queue: where that has limits, the first holds its row, and the wake lock comes before.
--
-- One that waits for a lock holds up those behind it. When it has waited for 100 ms the whole call is rolled back. Another worker may have gone to sleep
-- beside a job that it had claimed: whoever made the call makes each exchange alone, at once, and finds that job.
--
-- Returns the rows of settle_and_claim: the jobs of all plain exchanges, then their heads in the same order, then the rows of each of the
-- others. So the jobs of a head are the first ones that no head before it has counted. The heads of plain exchanges have the
-- refusals of all of them; a refusal names its run, by id and token.
--
-- Raises     lock_not_available
-- Moves      as settle_and_claim
-- Called by  Store.settleAndClaimAll (engine/exchanges.ts)
-- Writes     as settle_and_claim
-- Locks      the jobs that plain exchanges report, those that they claim, and their workers; then as settle_and_claim, for each of the others
create or replace function settle_and_claim_all(p_exchanges json) returns table (
  id text, name text, data json, opts json, created_at bigint, processed_at bigint,
  priority integer, attempts_made integer, attempts_started integer,
  parent_queue_id integer, parent_id text, more json, head json
)
language plpgsql set search_path from current set lock_timeout = '100ms' as $$
declare
  v_now         timestamptz := _now();
  v_all         exchange[] := array(select e from json_populate_recordset(null::exchange, p_exchanges) e);
  v_plain       exchange[];
  v_others     exchange[];
  v_queue_ids   integer[];
  v_ids         text[];
  v_tokens      text[];
  v_values      text[];
  v_refused     jsonb;
  -- What is claimed, and beside it the place in v_plain of the exchange that claims it, and how the job is held.
  v_rows         tid[];
  v_claimers     bigint[];
  v_claim_tokens text[];
  v_names        text[];
  v_worker_ids   bigint[];
  v_lock_untils  timestamptz[];
  v_counts       integer[];  -- rows of each of v_plain
begin
  perform pg_advisory_xact_lock_shared(_lock_key('worker', e.worker_id)) from unnest(v_all) e;
  select array_agg(o.e) filter (where o.is_plain), array_agg(o.e) filter (where not o.is_plain)
  into v_plain, v_others
  from (
    select e, coalesce(w.is_known and e.items is null
                       and not (m.is_closed or m.is_capped or m.rate_max is not null or m.has_due or m.is_listened_to), false) as is_plain
    from unnest(v_all) e
    left join lateral _queue_mode(e.queue_id, e.rate_max, e.rate_ms) m on true
    left join lateral (
      select true as is_known from worker w where w.queue_id = e.queue_id and w.id = e.worker_id and w.epoch = e.epoch offset 0) w on true) o;

  -- These first: nobody is to wait between the look at their queues and their claims. Each of the others looks for itself.
  if v_plain is not null then
    select array_agg(e.queue_id), array_agg(r.id), array_agg(r.token), array_agg(r.value)
    into v_queue_ids, v_ids, v_tokens, v_values
    from unnest(v_plain) e
    cross join lateral unnest(e.ids, e.tokens, e.values) r(id, token, value);
    if v_ids is not null then
      v_refused := _complete_plain_jobs(v_queue_ids, v_ids, v_tokens, v_values, v_now);
    end if;

    -- In order, as it comes from loops within each other.
    select array_agg(h.place), coalesce(array_agg(e.ordinality), '{}'), array_agg(e.token), array_agg(w.name),
           array_agg(case when w.renews_locks then w.id end), array_agg(case when not w.renews_locks then v_now + _ms(w.lock_ms) end)
    into v_rows, v_claimers, v_claim_tokens, v_names, v_worker_ids, v_lock_untils
    from unnest(v_plain) with ordinality e
    cross join lateral (select w.* from worker w where w.queue_id = e.queue_id and w.id = e.worker_id offset 0) w
    cross join lateral unnest(_lock_head(e.queue_id, e.limit, e.ranges)) h(place);
    if v_rows is not null then
      return query select c.*, null::json from _claimed_jobs(v_rows, v_now) c;
      -- As _activate_jobs does it for one worker, at less cost for each job.
      update job_state s
      set status = 'active', worker_id = c.worker_id, lock_until = c.lock_until, lock_token = c.token,
          attempts_started = s.attempts_started + 1, processed_at = v_now, processed_by = c.name
      from unnest(v_rows, v_worker_ids, v_lock_untils, v_claim_tokens, v_names) c(place, worker_id, lock_until, token, name)
      where s.ctid = c.place;
    end if;

    v_counts := array(
      select cardinality(array_positions(v_claimers, e.ordinality)) from unnest(v_plain) with ordinality e order by e.ordinality);
    update worker w set hungry = e.is_hungry
    from (
      select e.queue_id, e.worker_id, e.limit > v_counts[e.ordinality] as is_hungry from unnest(v_plain) with ordinality e
      where e.is_hungry <> (e.limit > v_counts[e.ordinality])
      offset 0) e
    where w.queue_id = e.queue_id and w.id = any (array[e.worker_id]);

    return query
    select null::text, null::text, null::json, null::json, null::bigint, null::bigint, null::integer, null::integer, null::integer,
           null::integer, null::text, null::json,
           _exchange_head(
             e.worker_id, c.count, v_refused, v_now, e.limit > c.count, e.limit > c.count and e.is_asleep,
             e.limit > 0 and e.limit = c.count and e.is_hungry and (e.ranges is null or _has_waiting(e.queue_id, e.ranges)),
             case when e.limit > c.count then _wake_in(e.queue_id, null) end, false,
             case when e.finds_ranges then _find_ranges(e.queue_id, e.ranges) end)
    from unnest(v_plain) with ordinality e
    cross join lateral (select v_counts[e.ordinality] as count offset 0) c
    order by e.ordinality;
  end if;
  if v_others is not null then
    return query
    select a.*
    from unnest(v_others) e
    cross join lateral settle_and_claim(
      e.queue_id, e.worker_id, e.epoch, e.token, e.ids, e.tokens, e.values, null, null, e.items,
      e.limit, e.is_hungry, e.is_asleep, false, e.rate_max, e.rate_ms, e.ranges, e.finds_ranges) a;
  end if;
end;
$$;
