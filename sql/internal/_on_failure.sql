-- What a child's options say about its failure; the first one given wins. Null: the parent keeps waiting.
create or replace function _on_failure(p_opts jsonb) returns text
language sql immutable parallel safe as $$
  select case
    when (p_opts->>'failParentOnFailure')::boolean then 'fail-parent'
    when (p_opts->>'continueParentOnFailure')::boolean then 'continue-parent'
    when (p_opts->>'ignoreDependencyOnFailure')::boolean then 'ignore'
    when (p_opts->>'removeDependencyOnFailure')::boolean then 'remove'
  end
$$;
