-- How many children of a job ended how, as a JSON object {processed, unprocessed, ignored, failed}.
-- Called by  Store.countDependencies (Job.getDependenciesCount)
create or replace function count_dependencies(p_queue_id integer, p_id text) returns json
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_build_object(
      'processed', count(*) filter (where d.status = 'completed'), 'unprocessed', count(*) filter (where d.status = 'pending'),
      'ignored', count(*) filter (where d.status = 'ignored'), 'failed', count(*) filter (where d.status = 'failed'))
    from dependency d where d.parent_queue_id = p_queue_id and d.parent_id = p_id);
end;
$$;
