-- Children of a job by what became of them, as a JSON array of [queue's id, id, status, value, reason] in
-- order of key. p_status null means all; p_limit null means no end.
-- Called by  Store.getDependencies (Job.getDependencies, Job.getChildrenValues, FlowProducer.getFlow)
create or replace function get_dependencies(p_queue_id integer, p_id text, p_status text, p_offset integer, p_limit integer) returns text
language plpgsql stable set search_path from current as $$
begin
  return (
    select json_agg(json_build_array(d.child_queue_id, d.child_id, d.status, d.value, d.reason)
                    order by d.child_queue_id, d.child_id)
    from (select * from dependency d
          where d.parent_queue_id = p_queue_id and d.parent_id = p_id and (p_status is null or d.status = p_status::dependency_status)
          order by d.child_queue_id, d.child_id
          offset p_offset limit p_limit) d);
end;
$$;
