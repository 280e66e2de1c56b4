-- The id of a queue by its name (prefix 'bull') or <prefix>:<name>; null for null. Makes the queue when it is
-- new.
create or replace function _queue_id(p_queue text) returns integer
language sql volatile as $$
  select case when p_queue is not null then ensure_queue(
    case when strpos(p_queue, ':') = 0 then 'bull' else regexp_replace(p_queue, ':[^:]*$', '') end,
    regexp_replace(p_queue, '^.*:', '')) end
$$;
