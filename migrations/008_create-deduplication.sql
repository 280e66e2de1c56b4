-- Which job stands for a deduplication id: adds of others are dropped as long as it does.
create table deduplication (
  queue_id   integer          not null,
  id         text collate "C" not null,
  job_id     text collate "C",  -- null only within the add that makes the row
  expires_at timestamptz,       -- null: until the job has ended or is removed
  kept       json,              -- the last add that was dropped while the job was active, as add_jobs takes it
  primary key (id, queue_id)
);

-- Not of the queue as well: a plan could then read all of a queue by it, in search of one id.
create index deduplication_of_job_idx on deduplication (job_id);
create index deduplication_expire_idx on deduplication (expires_at) where expires_at is not null;
