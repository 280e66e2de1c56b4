-- Has the ids of an empty queue begin with 1 again, if no transaction is open that has drawn one: its job would stand in the way of a later one.
-- Whoever draws a number holds a lock on the sequence until commit, which excludes the lock that a restart takes (`nextval` is not undone, and
-- takes ROW EXCLUSIVE).
--
-- Called by  obliterate_queue
-- Locks      the queue's sequence, for a moment: who adds jobs meanwhile waits for the commit
create or replace function _restart_ids(p_queue_id integer) returns void
language plpgsql set lock_timeout = '10ms' as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    -- An older snapshot does not see who has added jobs since.
    return;
  end if;
  execute format('alter sequence %s restart', (select q.id_sequence from queue q where q.id = p_queue_id));
  -- Seen now, when nobody draws any more.
  if _some_jobs(p_queue_id, 1) <> '{}' then
    raise exception using errcode = 'lock_not_available';
  end if;
exception when lock_not_available then
  null;
end;
$$;
