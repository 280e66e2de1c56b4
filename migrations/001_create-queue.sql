-- What is installed here: one row, written by each migrate. `serves` is the oldest schema whose library works
-- with these functions.
create table release (
  schema     integer     not null,
  version    text        not null,
  hash       text        not null,
  serves     integer     not null,
  applied_at timestamptz not null default statement_timestamp() -- for people
);

-- A queue: a name under a prefix, and the settings that hold for all of its workers.
-- Rows are made by ensure_queue and stay for good, so that a cached id never goes stale.
create table queue (
  id                 integer generated always as identity primary key,
  prefix             text        not null,
  name               text        not null,
  -- Automatic job ids count up from 1 in each queue, as in BullMQ. A sequence never makes one producer wait
  -- for another's commit.
  id_sequence        regclass    not null,
  paused             boolean     not null default false,
  concurrency        integer,      -- most jobs that are active at the same time, of all workers; null: no limit
  rate_max           integer,      -- most jobs that are claimed in a window; null: as the workers say
  rate_ms            bigint,       -- the window, unless the workers say otherwise
  max_events         integer,      -- events kept; null: 10,000
  created_at         timestamptz not null default statement_timestamp(),
  constraint queue_name_is_unique unique (prefix, name),
  constraint queue_name_has_no_colon check (name <> '' and strpos(name, ':') = 0)
) with (fillfactor = 70);

-- Windows of the queues whose rate is limited: claims since it began, and when it ends. A table of its own, because it
-- is written at each claim.
create table rate_window (
  queue_id integer     primary key,
  count    integer     not null,
  ends_at  timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
