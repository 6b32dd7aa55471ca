-- The group of a timer; fire_timers takes those of one group: `child`: fire_children executes it; `task`: it ends a
-- task; `step`: the others.
-- called by: fire_timers. Inlined by the planner.
create or replace function tasker.timer_group(p_kind tasker.timer_kind) returns text
language sql immutable parallel safe
as $$
    select case when p_kind in ('child', 'child_failed', 'again') then 'child'
                when p_kind = 'task_deadline' then 'task'
                else 'step' end
$$;
