-- The steps, and items of maps, that wait and must not run again, because the budget of their task is exhausted. Undo
-- steps are not limited. It has no SET options: it runs under those of its caller.
-- called by: return_steps, which describes the arguments.
-- returns: these steps, and their errors; null if there are none.
-- cost: a look-up for each retry and repetition.
create or replace function tasker.refused_steps(
    p_task_ids uuid[], p_step_nos int[], p_kinds tasker.timer_kind[],
    out task_ids uuid[], out step_nos int[], out errors text[])
language plpgsql stable
as $$
begin
    select array_agg(u.task_id), array_agg(u.step_no), array_agg(b.error::text) into task_ids, step_nos, errors
    from unnest(p_task_ids, p_step_nos, p_kinds) u(task_id, step_no, kind)
    -- `offset 0`: decision 0113.
    cross join lateral (
        select t.template_id, t.budget_task from tasker.tasks t
        where t.task_id = u.task_id and t.budget_task is not null offset 0) t
    cross join lateral (
        select from tasker.template_steps d
        where d.template_id = t.template_id and d.step_no = tasker.template_step(u.step_no)
          and d.undoes is null offset 0) d
    cross join lateral (select tasker.budget_error(t.budget_task) as error offset 0) b
    cross join lateral (
        select from tasker.steps s
        where s.task_id = u.task_id and s.step_no = u.step_no
          and s.state = (case u.kind when 'retry' then 'waiting_for_retry' else 'waiting' end)::tasker.step_state
        offset 0) s
    where u.kind in ('retry', 'repeat') and b.error is not null;
end;
$$;
