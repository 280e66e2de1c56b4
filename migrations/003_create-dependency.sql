create type dependency_status as enum ('pending', 'completed', 'failed', 'ignored');

-- Parent and child of a flow. The row outlives the child, so that a parent reads the results of children long
-- removed.
create table dependency (
  parent_queue_id integer           not null,
  parent_id       text collate "C"  not null,
  child_queue_id  integer           not null,
  child_id        text collate "C"  not null,
  status          dependency_status not null default 'pending',
  value           json,             -- completed: what the child returned
  reason          text,             -- failed, ignored: why the child failed
  primary key (parent_id, parent_queue_id, child_id, child_queue_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
