-- Adds a flow from SQL, all of it or nothing: jobs that wait for their children. It commits or rolls back with the
-- caller's transaction.
--
--   select tuskmq.add_flow('{"name": "ship", "queueName": "orders", "data": {"order": 7},
--                            "children": [{"name": "pack", "queueName": "store"}]}');
--
-- A node is BullMQ's {name, queueName, prefix, data, opts, children}. Ids are random unless given in opts. Returns the id
-- of the job at the top.
--
-- Moves      nothing -> waiting, delayed, waiting-children
-- Called by  applications
-- Writes     as add_jobs; queue
-- Raises     as add_job
create or replace function add_flow(p_flow json) returns text
language plpgsql set search_path from current as $$
begin
  return _add_specs(array(select s.spec from _flow_specs(p_flow, null) with ordinality s(spec, place) order by s.place));
end;
$$;
