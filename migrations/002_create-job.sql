create type job_status as enum ('waiting', 'delayed', 'active', 'waiting-children', 'completed', 'failed');

-- In the keys of jobs the id comes before the queue. With the queue first, a plan made before the statistics knew of
-- a new queue reads the whole queue by the key's first column and filters the ids: nothing else tells the planner
-- that a million jobs have just been added. With the id first there is no such plan.

-- What a job is. Written once; only update_data touches it. `json`, not `jsonb`: the payload comes back as it
-- was given (key order, large numbers, \u0000), and it is inserted and read faster.
create table job (
  queue_id   integer          not null,
  id         text collate "C" not null,
  name       text             not null,
  data       json             not null,
  opts       json             not null,
  created_at timestamptz      not null,
  primary key (id, queue_id)
);

-- Orders jobs within one priority: the tail of a queue takes the next number, its head the next number
-- negated.
create sequence job_seq cache 1;

-- Where a job stands: one narrow row, updated in place.
-- There is no foreign key to job: both rows are made and removed by the same functions, and the check would
-- cost each insert a lookup. There are no check constraints either: each statement that changes a row would parse them
-- anew, which takes longer than the change. Only functions write here: finished_at is set exactly when a job is completed
-- or failed, run_at exactly when it is delayed.
create table job_state (
  queue_id         integer          not null,
  id               text collate "C" not null,
  status           job_status       not null,
  priority         integer          not null default 0,
  seq              bigint           not null,
  run_at           timestamptz,                          -- delayed: when it is due
  delay_ms         bigint           not null default 0,  -- delayed: from then on; waiting-children: starts when they are done; else old
  attempts_made    integer          not null default 0,
  attempts_started integer          not null default 0,
  stalled_count    integer          not null default 0,
  worker_id        bigint,                               -- active: held under the lease of this worker
  lock_token       text,                                 -- kept after the finish, so that a repeated finish is recognised
  lock_until       timestamptz,                          -- active: held until then, whatever happens to the worker
  processed_at     timestamptz,
  processed_by     text,
  finished_at      timestamptz,
  parent_queue_id  integer,
  parent_id        text collate "C",
  on_failure       text,                                 -- what a failure of this child does to its parent
  pending_children integer          not null default 0,
  failed_children  integer          not null default 0,
  progress         json,
  return_value     json,
  failed_reason    text,
  stacktrace       json,
  deferred_failure text,                                 -- the next activation fails with this reason
  scheduler_id     text collate "C",                     -- an iteration of this scheduler
  primary key (id, queue_id)
) with (
  -- Finished rows pile up in the same table: vacuum by the number of dead rows, not by a share of a growing
  -- table.
  autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
  autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000,
  autovacuum_vacuum_cost_delay = 1
);

-- One partial index a state, each named after its reader. A claim never meets a finished or a delayed job.
create index job_state_claim_idx on job_state (queue_id, priority, seq) where status = 'waiting';
create index job_state_promote_due_idx on job_state (queue_id, run_at, seq) where status = 'delayed';
create index job_state_recover_idx on job_state (queue_id, worker_id) where status = 'active';
create index job_state_recover_locks_idx on job_state (queue_id, lock_until) where status = 'active' and lock_until is not null;
create index job_state_list_parents_idx on job_state (queue_id, seq) where status = 'waiting-children';
create index job_state_list_finished_idx on job_state (queue_id, status, finished_at, seq) where status in ('completed', 'failed');

-- One job of an add_jobs call. Jobs of one unit (a bulk, a flow) are added together or not at all.
create type job_spec as (
  position        integer,  -- place in the call
  unit            integer,
  queue_id        integer,
  id              text,
  name            text,
  data            json,
  opts            json,
  created_at      timestamptz,
  delay_ms        bigint,
  priority        integer,
  lifo            boolean,
  parent_queue_id integer,
  parent_id       text,
  on_failure      text,
  has_children    boolean,  -- parent of jobs of the same unit
  parent_in_unit  boolean,
  deduplication_id text     -- as in its options
);

-- What became of one active job, as its worker reports it to settle_jobs.
create type settlement as (
  id                text,
  token             text,
  outcome           text,    -- completed, failed, retried (failed, with a try left), moved (by its processor)
  value             json,    -- completed: what the processor returned
  reason            text,    -- failed, retried: the error's message
  stacktrace        json,    -- failed, retried: the stack traces to keep
  delay_ms          bigint,  -- retried: how long to wait before the next try
  lifo              boolean, -- retried without delay: to the head of the queue
  has_parent        boolean,
  parent_queue_id   integer, -- as it was claimed; null when the reporter does not know
  parent_id         text,
  deduplication_id  text,
  remove            boolean, -- keep nothing of the finished job
  keep_count        integer, -- keep so many of the queue's jobs that ended like this one
  keep_age_ms       bigint,  -- and none older than this,
  keep_limit        integer, -- removing at most so many now
  max_stalled_count integer  -- moved: how often a job may be found not to have been moved at all
);

-- What became of it in the database.
create type settled_job as (
  id              text,
  status          job_status,
  parent_queue_id integer,
  parent_id       text,
  on_failure      text,
  attempts_made   integer,
  value           json,
  reason          text,
  removed         boolean,
  run_at          timestamptz
);

-- What children mean to a parent, summed up for one transaction.
create type parent_change as (
  queue_id integer,
  id       text,
  pending  integer,  -- added to pending_children
  failed   integer,  -- added to failed_children
  failure  text,     -- the parent fails with this reason when it is activated next
  release  boolean   -- the parent goes on although children are pending
);

-- A part of a queue, in the order in which its jobs are claimed: from a priority and seq up to another priority, whose jobs at the
-- head of the queue (seq below 0) still belong to it. All waiting jobs of a queue are in its ranges.
create type claim_range as (
  from_priority  integer,
  from_seq       bigint,
  until_priority integer
);

-- What settling and claiming have to know of a queue at one moment.
create type queue_mode as (
  is_closed      boolean,  -- nothing may be claimed: paused, or its rate limit is used up
  is_capped      boolean,  -- limits how many jobs are active at the same time
  rate_max       integer,  -- claims in each window, by its own limit or that of the worker; null: as many as there are
  rate_ms        bigint,
  has_due        boolean,  -- delayed jobs whose time has come
  is_listened_to boolean   -- events are to be written
);

-- What a worker reports and wants: the parameters of settle_and_claim that settle_and_claim_all takes of each.
create type exchange as (
  queue_id     integer,
  worker_id    bigint,
  epoch        integer,
  token        text,
  ids          text[],
  tokens       text[],
  values       text[],
  items        text,
  "limit"      integer,
  is_hungry    boolean,
  is_asleep    boolean,
  rate_max     integer,
  rate_ms      bigint,
  ranges       claim_range[],
  finds_ranges boolean
);

-- A job as the worker that claims it needs it. Rows, not JSON: building a JSON object costs several times the
-- claim itself. What most jobs do not have is in `more`, a JSON object {progress, returnvalue, failedReason,
-- stacktrace, stalledCounter, deferredFailure, repeatJobKey}, null when there is nothing to tell.
create type claimed_job as (
  id               text,
  name             text,
  data             json,
  opts             json,
  created_at       bigint,  -- milliseconds since 1970
  processed_at     bigint,
  priority         integer,
  attempts_made    integer,
  attempts_started integer,
  parent_queue_id  integer,
  parent_id        text,
  more             json
);
