-- Forgets processes that listen to a queue, run no workers, and were silent for a minute. Heartbeats of others are
-- quicker; this is for applications where nobody has one, and only producers are left to pay for the events.
-- In the producer's transaction, hence not under an isolation in which a row that is gone is an error.
-- Called by  _announce_added, now and then
-- Writes     process, event_listener
-- Locks      process rows, skip locked
create or replace function _forget_silent_listeners(p_queue_id integer) returns void
language plpgsql as $$
declare
  v_silent bigint[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    return;
  end if;
  v_silent := array(
    select p.id from process p
    where p.id in (select l.process_id from event_listener l where l.queue_id = p_queue_id)
      and p.heartbeat_at < _now() - interval '1 minute'
      and not exists (select from worker w where w.process_id = p.id)
    order by p.id for update skip locked);
  delete from event_listener l where l.process_id = any(v_silent);
  delete from process p where p.id = any(v_silent);
end;
$$;
