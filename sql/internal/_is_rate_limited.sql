-- Whether nothing may be claimed until the end of a window: as many jobs as allowed were claimed in it. Without an allowed
-- number (null) only a window that rate_limit_queue has closed is full.
create or replace function _is_rate_limited(w rate_window, p_rate_max integer) returns boolean
language sql stable as $$
  select coalesce(w.ends_at > _now() and w.count >= coalesce(p_rate_max, 2147483647), false)
$$;
