-- Exchanges of many workers with the database, one after the other in one commit that waits for the disk. p_exchanges is a JSON array of
-- objects with the parameters of settle_and_claim, without `p_`; arrays are texts.
--
-- Not for the last look before sleeping, which would hold the wake lock until all others are through, nor for reports that lock more than
-- their jobs: of jobs that had a parent, for all parents are locked before any job; of those that free a deduplication id; of those that were
-- to be moved. Nor for two of one queue: where that has limits, the first holds its row, and the wake lock comes before.
--
-- One that waits for a lock holds up those behind it. When it has waited for 100 ms the whole call is rolled back. Another worker may have gone to sleep
-- beside a job that it had claimed: whoever made the call makes each exchange alone, at once, and finds that job.
--
-- Returns the rows of settle_and_claim; the last one of each exchange has the head.
--
-- Raises     lock_not_available
-- Moves      as settle_and_claim
-- Called by  Store.settleAndClaimAll (engine/exchanges.ts), in order of the queues' ids
-- Writes     as settle_and_claim
-- Locks      as settle_and_claim, for each
create or replace function settle_and_claim_all(p_exchanges json) returns table (
  id text, name text, data json, opts json, created_at bigint, processed_at bigint,
  priority integer, attempts_made integer, attempts_started integer,
  parent_queue_id integer, parent_id text, more json, head json
)
language plpgsql set search_path from current set lock_timeout = '100ms' as $$
begin
  return query
  select a.*
  from json_to_recordset(p_exchanges) e(
    queue_id integer, worker_id bigint, epoch integer, token text, ids text[], tokens text[], values text[], items text,
    "limit" integer, is_hungry boolean, is_asleep boolean, rate_max integer, rate_ms bigint, ranges claim_range[], finds_ranges boolean)
  cross join lateral settle_and_claim(
    e.queue_id, e.worker_id, e.epoch, e.token, e.ids, e.tokens, e.values, null, null, e.items,
    e.limit, e.is_hungry, e.is_asleep, false, e.rate_max, e.rate_ms, e.ranges, e.finds_ranges) a;
end;
$$;
