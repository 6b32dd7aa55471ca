-- The error of a step whose child task failed or was cancelled. It names the child, and the child's own error, or its
-- first step that failed; one with allow_failure only if there is no other.
-- called by: judge_children. It has no SET options: it runs under those of its callers.
create or replace function tasker.child_error(p_child_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'type', 'child_' || t.state,
            'message', format('child task %s (%s/%s %s) %s', t.task_id, p.namespace, p.name, p.version,
                              case t.state when 'cancelled' then 'was cancelled' else 'failed' end)
                || coalesce(': ' || coalesce(t.error ->> 'message',
                                             s.name || coalesce(': ' || left(s.message, 500), '')), ''))
        from tasker.tasks t
        join tasker.templates p on p.template_id = any (array[t.template_id])
        left join lateral (
            select d.name, s.error ->> 'message' as message from tasker.steps s
            -- `offset 0`: decision 0113.
            cross join lateral (
                select d.name, d.allow_failure, d.undoes from tasker.template_steps d
                where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d
            where s.task_id = t.task_id and s.state = 'failed' and t.state = 'failed' and d.undoes is null
            order by d.allow_failure, s.finished_at, s.step_no limit 1) s on true
        where t.task_id = p_child_id);
end;
$$;
