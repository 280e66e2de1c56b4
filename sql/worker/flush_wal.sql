-- Returns when everything that was committed before is on disk, also what did not wait for it. The message is for
-- nobody: a transaction that has written nothing would not be flushed.
-- Source     PostgreSQL manual, "Asynchronous Commit": the log is flushed in the order of the commits.
-- Called by  Store.flushWal (engine/wal-flusher.ts)
create or replace function flush_wal() returns void
language plpgsql set search_path from current as $$
begin
  perform pg_logical_emit_message(true, 'tuskmq', '');
end;
$$;
