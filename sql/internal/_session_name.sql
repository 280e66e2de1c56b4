-- The application_name of a session while it holds a transaction of a job that a worker runs: by it the sessions of a
-- dead worker are found.
create or replace function _session_name(p_worker_id bigint) returns text
language sql stable as $$
  select format('tuskmq:%s:worker:%s', quote_ident(current_schema())::regnamespace::oid, p_worker_id)
$$;
