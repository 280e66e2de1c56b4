create type step_kind as enum ('step', 'sleep', 'children', 'signal', 'transaction');

-- What a run of a job has behind it, or waits for, by name: read when the job runs again, so that nothing of it is
-- done twice. A transaction (job.transaction) leaves a row by which a lost answer to its COMMIT is found out; the
-- next run removes it.
create table step (
  queue_id    integer          not null,
  job_id      text collate "C" not null,
  name        text collate "C" not null,
  kind        step_kind        not null,
  -- In the order in which they were first heard of.
  seq         bigint           generated always as identity,
  token       text             not null,            -- the run that wrote it last
  attempts    integer          not null default 0,  -- step: tries that ended here
  signal      text collate "C",                     -- signal: what it is called
  result      json,                                 -- what was returned or sent; null for a signal that did not come in time
  error       text,                                 -- step: why the last try that failed did so
  started_at  timestamptz      not null,
  wake_at     timestamptz,                          -- sleep: until when; signal: when it is waited for no longer
  finished_at timestamptz,
  primary key (job_id, queue_id, name)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- Signals that nobody has waited for yet, in the order in which they came. Each is taken once.
create table signal (
  queue_id integer          not null,
  job_id   text collate "C" not null,
  id       bigint           generated always as identity,
  name     text collate "C" not null,
  payload  json             not null,
  sent_at  timestamptz      not null,
  primary key (job_id, queue_id, id)
);
