-- What an exchange answers besides jobs, as settle_and_claim describes it.
-- Called by  settle_and_claim, settle_and_claim_all
create or replace function _exchange_head(
  p_worker_id bigint, p_claimed integer, p_refused jsonb, p_now timestamptz, p_hungry boolean, p_asleep boolean, p_more boolean,
  p_wake_in bigint, p_deferred boolean, p_ranges claim_range[]
) returns json
language sql stable as $$
  select json_build_object(
    'worker', p_worker_id, 'claimed', p_claimed, 'refused', p_refused, 'now', _epoch_ms(p_now), 'hungry', p_hungry, 'asleep', p_asleep,
    'more', p_more, 'wakeIn', p_wake_in, 'deferred', p_deferred, 'ranges', p_ranges::text)
$$;
