-- Written only for queues that somebody listens to, or whose log is kept. `xid` is the transaction that wrote the
-- event: what became visible between two snapshots is found by it, also when a transaction took an early id and
-- committed late.
create table event (
  queue_id   integer          not null,
  xid        xid8             not null default pg_current_xact_id(),
  id         bigint generated always as identity,
  name       text             not null,
  job_id     text collate "C",
  payload    json             not null,
  created_at timestamptz      not null,
  primary key (queue_id, xid, id)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0);

create index event_page_idx on event (queue_id, id);

-- The order in which all readers of a queue read its events. A window holds what became visible between the snapshot
-- of the one before and its own; within a window events are ordered by id. `<number>-<id>` so is a place in that
-- order, the same for everybody and for good. Numbers are the milliseconds since 1970 at which windows were closed.
create table event_window (
  queue_id    integer     not null,
  number      bigint      not null,
  snapshot    pg_snapshot not null,
  event_count bigint      not null,
  primary key (queue_id, number)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0);

-- Whose events are written. A row without process keeps the log of a queue although nobody listens.
create table event_listener (
  queue_id   integer not null,
  id         bigint generated always as identity,
  process_id bigint,
  primary key (queue_id, id)
);

create index event_listener_of_process_idx on event_listener (process_id);
create unique index event_listener_of_log_idx on event_listener (queue_id) where process_id is null;
