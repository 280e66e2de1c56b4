-- Why reports about these jobs were not accepted: [{id, token, outcome}]. The checks come in the order of BullMQ's. A job that looks
-- ready by now was not a moment ago: its last child has ended meanwhile.
-- Called by  _settle_jobs, _complete_jobs
create or replace function _refusals(p_queue_id integer, p_items settlement[], p_accepted_ids text[]) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_agg(jsonb_build_object('id', i.id, 'token', i.token, 'outcome',
      case
        when s.id is null then 'missing'
        when s.finished_at is not null and s.lock_token = i.token then 'already_settled'
        when i.outcome = 'completed' and s.pending_children > 0 then 'pending_children'
        when i.outcome = 'completed' and s.failed_children > 0 then 'failed_children'
        when i.outcome = 'completed' and s.lock_outcome = 'ok' then 'pending_children'
        else s.lock_outcome
      end))
    from unnest(p_items) i
    left join lateral (select t.*, _lock_outcome(t, i.token) as lock_outcome from job_state t where t.queue_id = p_queue_id and t.id = i.id offset 0) s on true
    where i.id <> all(p_accepted_ids));
end;
$$;
