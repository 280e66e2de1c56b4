-- The floors of a queue by now, for claims to come: those given, raised to the first job that still waits, and one for a priority
-- that had none. Null when that cannot be told at this moment.
--
-- A floor holds for good. Whoever puts a job at the tail holds the wake lock from before it draws a seq until it
-- commits (_hold_wake_lock); so when that lock is free, all places drawn so far are visible or given up, and later
-- ones are greater. A job that somebody is claiming still waits, as we see it, and stays above the floor should that claim fail.
--
-- Called by  settle_and_claim
-- Locks      tries the queue's wake lock, for the moment: whoever comes next is not to wait for our commit
create or replace function _find_floors(p_queue_id integer, p_floors claim_floor[]) returns claim_floor[]
language plpgsql as $$
declare
  -- More priorities than these are rare, and each costs a claim a look.
  c_max_floors constant integer := 8;
  v_segments claim_floor[] := row(-2147483648, 0)::claim_floor || p_floors;
  v_floors   claim_floor[] := '{}';
  v_next     bigint;
  v_from     claim_floor;
  v_until    integer;
  v_head     claim_floor;
begin
  -- An older snapshot than the lock would not do.
  if current_setting('transaction_isolation') <> 'read committed'
     or not (pg_try_advisory_lock(_lock_key('wake', p_queue_id)) and pg_advisory_unlock(_lock_key('wake', p_queue_id))) then
    return null;
  end if;
  v_next := (select j.last_value + j.is_called::integer from job_seq j);
  for i in 1 .. cardinality(v_segments) loop
    v_from := v_segments[i];
    v_until := case when i < cardinality(v_segments) then (v_segments[i + 1]).priority else 2147483647 end;
    v_head := null;
    select s.priority, s.seq into v_head from job_state s
    where s.queue_id = p_queue_id and s.status = 'waiting'
      and (s.priority, s.seq) >= (v_from.priority, v_from.seq) and (s.priority, s.seq) < (v_until, 0)
    order by s.priority, s.seq
    limit 1;
    if i > 1 then
      v_floors := v_floors || row(v_from.priority, case when v_head.priority = v_from.priority then v_head.seq else v_next end)::claim_floor;
    end if;
    if v_head.priority > v_from.priority and v_head.seq >= 0 and cardinality(v_segments) <= c_max_floors then
      v_floors := v_floors || v_head;
    end if;
  end loop;
  return v_floors;
end;
$$;
