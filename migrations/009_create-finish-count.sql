-- How many jobs of a queue were completed and failed in each minute, counted for workers that ask for it.
-- Each session counts in rows of its own, so that no worker waits for another's commit; those of past minutes are
-- folded into one row a minute, and those of minutes that are not kept into one row for all time.
create table finish_count (
  queue_id   integer     not null,
  status     job_status  not null,  -- completed or failed
  minute     integer     not null,  -- since 1970; 0 stands for all that are not kept
  writer     integer     not null,  -- the process id of the session; 0: folded
  count      bigint      not null,
  first_at   timestamptz not null,  -- when the first one finished; of minute 0: from when on minutes are kept
  max_points integer     not null,  -- minutes to keep, as the worker wished that counted last
  primary key (queue_id, status, minute, writer)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);

create index finish_count_fold_idx on finish_count (queue_id, status, minute) where writer <> 0;
