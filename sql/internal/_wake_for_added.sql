-- Tells sleeping workers of a queue about jobs that were added, some of which cannot run yet.
-- Called by  _announce_added
-- Notifies   wake
create or replace function _wake_for_added(p_queue_id integer, p_specs job_spec[]) returns void
language plpgsql as $$
declare
  v_has_waiting  boolean;
  v_first_run_at timestamptz;
begin
  select bool_or(not s.has_children and s.delay_ms = 0),
         min(s.created_at + _ms(s.delay_ms)) filter (where not s.has_children and s.delay_ms > 0)
  into v_has_waiting, v_first_run_at
  from unnest(p_specs) s
  where s.queue_id = p_queue_id;
  if v_has_waiting then
    perform _wake(p_queue_id);
  elsif v_first_run_at is not null then
    perform _wake_for_delayed(p_queue_id, v_first_run_at);
  end if;
end;
$$;
