-- What became of a transaction of a job's run whose COMMIT was not answered: committed, aborted, or in_progress, as long
-- as the server is still at it. p_xid is what save_steps returned; p_name the step, or the mark, that it saved.
--
-- The transaction's status alone is not enough: a server that crashed may have forgotten the number, and given it to
-- somebody else. The row that was saved is the proof, unless the transaction has removed the job.
--
-- Called by  Store.getCommitStatus (engine/job-transaction.ts)
create or replace function get_commit_status(p_xid text, p_queue_id integer, p_id text, p_token text, p_name text) returns text
language plpgsql set search_path from current as $$
begin
  case pg_xact_status(p_xid::xid8)
    when 'in progress' then return 'in_progress';
    when 'aborted' then return 'aborted';
    else null;
  end case;
  return case
    when exists (select from step s
                 where s.queue_id = p_queue_id and s.job_id = p_id and s.name = p_name and s.token = p_token and s.finished_at is not null)
      or not exists (select from job_state s where s.queue_id = p_queue_id and s.id = p_id)
    then 'committed' else 'aborted'
  end;
exception when invalid_parameter_value then
  return 'aborted'; -- a number that was not given yet: forgotten in a crash
end;
$$;
