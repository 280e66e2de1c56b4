-- An event as its readers get it.
create or replace function _event_json(p_event event, p_window bigint) returns json
language sql stable as $$
  select json_build_object('id', format('%s-%s', p_window, p_event.id), 'name', p_event.name, 'payload', p_event.payload)
$$;
