-- The error of a step whose child task failed or was cancelled. It names the child, and why it failed. Its type is that
-- of the child's failure if the budget was exhausted from which both spend.
-- called by: judge_children. It has no SET options: it runs under those of its callers.
create or replace function tasker.child_error(p_child_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'type', case when t.budget_task <> t.task_id and tasker.is_refused(f.failure)
                              and tasker.budget_error(t.budget_task) is not null -- a handler may fail with any type
                         then f.failure ->> 'type'
                         else 'child_' || t.state end,
            'message', format('child task %s (%s/%s %s) %s', t.task_id, p.namespace, p.name, p.version,
                              case t.state when 'cancelled' then 'was cancelled' else 'failed' end)
                || coalesce(': ' || nullif(concat_ws(': ', f.failure ->> 'step', left(f.failure ->> 'message', 500)), ''),
                            ''))
        from tasker.tasks t
        join tasker.templates p on p.template_id = any (array[t.template_id])
        cross join lateral (select tasker.first_failure(t.task_id) as failure offset 0) f
        where t.task_id = p_child_id);
end;
$$;
