-- What is installed here: one row, written by each migrate. `serves` is the oldest schema whose library works
-- with these functions.
create table release (
  schema     integer     not null,
  version    text        not null,
  hash       text        not null,
  serves     integer     not null,
  applied_at timestamptz not null default statement_timestamp()
);

-- A queue: a name under a prefix, and the settings that hold for all of its workers.
-- Rows are made by ensure_queue outside of the caller's transaction and stay for good, so that a cached id
-- never goes stale.
create table queue (
  id                 integer generated always as identity primary key,
  prefix             text        not null,
  name               text        not null,
  -- Automatic job ids count up from 1 in each queue, as in BullMQ. A sequence never makes one producer wait
  -- for another's commit.
  id_sequence        regclass    not null,
  paused             boolean     not null default false,
  rate_limited_until timestamptz,
  created_at         timestamptz not null default statement_timestamp(),
  constraint queue_name_is_unique unique (prefix, name),
  constraint queue_name_has_no_colon check (name <> '' and strpos(name, ':') = 0)
) with (fillfactor = 70);
