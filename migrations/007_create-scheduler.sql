-- A recipe for jobs that repeat. One row a scheduler: whoever makes an iteration holds its lock.
create table scheduler (
  queue_id        integer          not null,
  id              text collate "C" not null,
  name            text             not null,  -- of its jobs, as are data and opts
  data            json             not null,
  opts            json             not null,
  repeat          json             not null,  -- what its jobs carry as opts.repeat, but for the count
  every_ms        bigint,
  offset_ms       bigint           not null,  -- slots are so long after whole multiples of every_ms
  pattern         text,                       -- whose slots the clients compute
  tz              text,
  starts_at       timestamptz,
  ends_at         timestamptz,
  run_limit       bigint,
  run_count       bigint           not null,  -- iterations since the last upsert: what the limit counts
  iteration_count bigint           not null,  -- iterations in all
  next_at         timestamptz      not null,  -- the slot of the current iteration, run or not
  job_id          text collate "C" not null,  -- the current iteration: the only job that may make the next one
  primary key (queue_id, id),
  constraint scheduler_has_one_rhythm check (num_nonnulls(every_ms, pattern) = 1),
  constraint scheduler_every_is_positive check (every_ms > 0)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);

create index scheduler_list_idx on scheduler (queue_id, next_at, id);
