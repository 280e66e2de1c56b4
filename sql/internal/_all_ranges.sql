-- Where jobs of a queue can wait, as long as nothing is known of it: everywhere.
-- Called by  _find_ranges, _lock_head, _has_waiting
create or replace function _all_ranges() returns claim_range[]
language sql immutable parallel safe as $$
  select '{"(-2147483648,0,2147483647)"}'::claim_range[]
$$;
