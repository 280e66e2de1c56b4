-- What a child's options, which were checked, say about its failure. Null: the parent keeps waiting.
create or replace function _on_failure(p_opts jsonb) returns text
language sql immutable parallel safe as $$
  select case
    when _is_truthy(p_opts->'removeDependencyOnFailure') then 'remove'
    when _is_truthy(p_opts->'failParentOnFailure') then 'fail-parent'
    when _is_truthy(p_opts->'continueParentOnFailure') then 'continue-parent'
    when _is_truthy(p_opts->'ignoreDependencyOnFailure') then 'ignore'
  end
$$;
