-- Whether a task of this template, state, time and labels passes the filters of list_tasks; null passes all.
-- p_parent: of the task. p_children: child tasks pass.
-- called by: list_tasks. Inlined by the planner.
create or replace function tasker.is_listed(
    p_task_id uuid, p_template_id int, p_state tasker.task_state, p_created_at timestamptz,
    p_parent uuid, p_task_labels jsonb, p_templates int[], p_state_filter tasker.task_state, p_after timestamptz,
    p_before timestamptz, p_children boolean, p_labels jsonb)
returns boolean
language sql stable
as $$
    select (p_state_filter is null or p_state_filter
               = case when p_state = 'pending' and p_state_filter in ('pending', 'running')
                      then tasker.pending_state(p_task_id) else p_state end)
        and (p_after is null or p_created_at > p_after)
        and (p_before is null or p_created_at < p_before)
        and (p_labels is null or p_task_labels @> p_labels)
        and (p_templates is null or p_template_id = any (p_templates))
        and (p_children or p_parent is null)
$$;
