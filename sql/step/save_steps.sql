-- The fence: saves what became of steps, each under its job's row lock and only while the run of this token holds the
-- job. In a transaction with the step's own writes it is the last statement before COMMIT.
--
-- p_steps is a JSON array of
--   queue_id, id, token  the job and its run
--   name, kind           step; or transaction, which leaves its mark for get_commit_status
--   result, error        JSON text of a step that is done, or why this try failed
--   attempts             tries, this one included
--   elapsed_ms           since it was begun
--   in_transaction       refused as `no_transaction` outside of the one that begin_transaction has marked
-- Returns {outcomes: in the order of p_steps, moved: whether this transaction has moved the job of its run, xid: of this transaction}.
-- Outcomes: ok, also for a result that was saved before, and for a job that this transaction has moved, for it holds the lock then;
-- already_done, for a step that another try has done; no_transaction; those of _run_outcome.
--
-- Called by  Store.saveSteps
-- Writes     step
-- Locks      the jobs in order of key
create or replace function save_steps(p_steps text) returns json
language plpgsql set search_path from current as $$
declare
  v_step     record;
  v_outcome  text;
  v_outcomes text[] := '{}';
  v_is_moved boolean := coalesce(current_setting('tuskmq.moved', true), '') <> '';
begin
  for v_step in
    select s.*, case when s.error is null then coalesce(s.result, 'null')::json end as value
    from rows from (json_to_recordset(p_steps::json) as (
           queue_id integer, id text, token text, name text, kind text, result text, error text, attempts integer,
           elapsed_ms bigint, in_transaction boolean))
         with ordinality s(queue_id, id, token, name, kind, result, error, attempts, elapsed_ms, in_transaction, position)
    order by s.queue_id, s.id, s.position
  loop
    if v_step.in_transaction and current_setting('tuskmq.run', true) is distinct from v_step.token then
      v_outcome := 'no_transaction';
    elsif v_step.in_transaction and v_is_moved then
      v_outcome := 'ok';
    else
      v_outcome := _lock_run(v_step.queue_id, v_step.id, v_step.token);
    end if;
    v_outcomes[v_step.position] := v_outcome;
    continue when v_outcome <> 'ok';
    if v_step.kind = 'transaction' then
      delete from step s
      where s.queue_id = v_step.queue_id and s.job_id = v_step.id and s.kind = 'transaction' and s.token <> v_step.token;
    end if;
    insert into step as s (queue_id, job_id, name, kind, token, attempts, result, error, started_at, finished_at)
    values (v_step.queue_id, v_step.id, v_step.name, v_step.kind::step_kind, v_step.token, v_step.attempts,
            v_step.value, v_step.error, _now() - _ms(coalesce(v_step.elapsed_ms, 0)),
            case when v_step.error is null then _now() end)
    on conflict (job_id, queue_id, name) do update
    set token = excluded.token, attempts = excluded.attempts, result = excluded.result,
        error = coalesce(excluded.error, s.error), finished_at = excluded.finished_at
    where s.finished_at is null and s.kind = excluded.kind;
    if not found and v_step.error is null and exists (
         select from step s
         where s.queue_id = v_step.queue_id and s.job_id = v_step.id and s.name = v_step.name
           and s.kind = v_step.kind::step_kind and (s.token <> v_step.token or s.attempts <> v_step.attempts)) then
      v_outcomes[v_step.position] := 'already_done';
    end if;
  end loop;
  return json_build_object('outcomes', v_outcomes, 'moved', v_is_moved, 'xid', pg_current_xact_id()::text);
end;
$$;
