create table job_log (
  queue_id  integer          not null,
  job_id    text collate "C" not null,
  id        bigint generated always as identity,
  row       text             not null,
  logged_at timestamptz      not null,
  primary key (job_id, queue_id, id)
);
