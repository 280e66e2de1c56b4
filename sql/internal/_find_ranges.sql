-- Where jobs of a queue can wait by now, for claims to come: the ranges given, each raised to the first job that still waits in it, and
-- one more for a priority that had none, or for the tail of a queue in which nothing waits. Null when that cannot be told at this moment.
--
-- The beginning of a range holds for good. Whoever puts a job at the tail holds the wake lock from before it draws a seq until it
-- commits (_hold_wake_lock); so when that lock is free, all places drawn so far are visible or given up, and later
-- ones are greater. A job that somebody is claiming still waits, as we see it, and stays in the range should that claim fail.
-- The first range begins nowhere: there are no floors for the head of the queue.
--
-- Called by  settle_and_claim, settle_and_claim_all
-- Locks      tries the queue's wake lock, for the moment: whoever comes next is not to wait for our commit
create or replace function _find_ranges(p_queue_id integer, p_ranges claim_range[]) returns claim_range[]
language plpgsql as $$
declare
  -- More priorities than these are rare, and each costs a claim a look.
  c_max_ranges constant integer := 9;
  v_given  claim_range[] := coalesce(p_ranges, _all_ranges());
  v_ranges claim_range[] := '{}';
  v_range  claim_range;
  v_next   bigint;
  v_priority integer;
  v_seq    bigint;
begin
  -- Before the lock is tried: whoever drew a place below this one has held it since, and is seen to be through.
  v_next := (select j.last_value + j.is_called::integer from job_seq j);
  -- An older snapshot than the lock would not do.
  if current_setting('transaction_isolation') <> 'read committed'
     or not (pg_try_advisory_lock(_lock_key('wake', p_queue_id)) and pg_advisory_unlock(_lock_key('wake', p_queue_id))) then
    return null;
  end if;
  foreach v_range in array v_given loop
    v_priority := null;
    select s.priority, s.seq into v_priority, v_seq from job_state s
    where s.queue_id = p_queue_id and s.status = 'waiting'
      and (s.priority, s.seq) >= (v_range.from_priority, v_range.from_seq) and (s.priority, s.seq) < (v_range.until_priority, 0)
    order by s.priority, s.seq
    limit 1;
    if v_priority is null and v_range.from_priority < 0 and v_range.until_priority > 0 then
      -- Nothing waits here: what comes to the tail comes behind all that was there.
      v_priority := 0;
      v_seq := v_next;
    end if;
    if v_range.from_priority >= 0 then
      v_range.from_seq := case when v_priority = v_range.from_priority then v_seq else v_next end;
    end if;
    if v_priority > v_range.from_priority and v_seq >= 0 and cardinality(v_given) < c_max_ranges then
      v_ranges := v_ranges || row(v_range.from_priority, v_range.from_seq, v_priority)::claim_range;
      v_range.from_priority := v_priority;
      v_range.from_seq := v_seq;
    end if;
    v_ranges := v_ranges || v_range;
  end loop;
  return v_ranges;
end;
$$;
