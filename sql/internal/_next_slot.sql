-- When an interval comes round next. Times are milliseconds since 1970.
--
-- p_previous is the slot before, null for the first one: that is p_start or now, or with an offset the next slot
-- that lies so long after a multiple of p_every. Slots that were missed are skipped, without losing the offset.
--
-- Called by  upsert_scheduler, advance_scheduler
create or replace function _next_slot(p_previous bigint, p_every bigint, p_offset bigint, p_start bigint, p_now bigint) returns bigint
language plpgsql immutable as $$
declare
  v_aligned bigint := p_now - p_now % p_every + coalesce(p_offset, 0);
begin
  if v_aligned <= p_now then
    v_aligned := v_aligned + p_every;
  end if;
  return case
    when p_previous + p_every >= p_now then p_previous + p_every
    when p_previous is not null then v_aligned
    when p_start is not null then greatest(p_start, p_now)
    when p_offset > 0 then v_aligned
    else p_now
  end;
end;
$$;
