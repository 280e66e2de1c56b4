-- A client process that runs workers or listens to events. Its heartbeat is the lease of all that it holds.
create table process (
  id           bigint generated always as identity primary key,
  hostname     text        not null,
  pid          integer     not null,
  -- The process holds the session lock of _lock_key('process', id). When that lock is free, the session and most
  -- likely the process are gone.
  holds_lock   boolean     not null default false,
  started_at   timestamptz not null,
  heartbeat_at timestamptz not null,
  -- Since when heartbeats came without a gap. One who was cut off a moment ago is no judge of who else is
  -- gone.
  steady_since timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

create table worker (
  queue_id          integer     not null,
  id                bigint      generated always as identity,
  process_id        bigint      not null,
  uid               text        not null,
  name              text        not null,
  concurrency       integer     not null,
  lock_ms           bigint      not null,
  renews_locks      boolean     not null,
  -- Has free slots and found nothing to fill them: wants to be told of new jobs.
  hungry            boolean     not null default false,
  -- Grows with each resync_worker. An exchange of an earlier epoch that arrives late claims nothing.
  epoch             integer     not null default 0,
  started_at        timestamptz not null,
  primary key (queue_id, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

create index worker_wake_idx on worker (queue_id, uid) where hungry;
create index worker_of_process_idx on worker (process_id);
