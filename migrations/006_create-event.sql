-- Written only for queues that somebody listens to. `xid` is the transaction that wrote the event: a reader
-- asks for what became visible since its last snapshot, so that a transaction that took an early id and
-- committed late is still read, once.
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

create index event_trim_idx on event (queue_id, id);

create table event_listener (
  queue_id   integer not null,
  id         bigint generated always as identity,
  process_id bigint  not null,
  primary key (queue_id, id)
);

create index event_listener_of_process_idx on event_listener (process_id);
