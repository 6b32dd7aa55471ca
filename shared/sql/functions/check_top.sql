-- Checks that a task exists and is no child task. It has no SET options: it runs under those of its callers.
-- p_verb: what the caller does with it, as in "retry", for the message.
-- called by: retry_task, erase_task, pause_task, resume_task, rerun_task, resolve_step, set_priority, edit_task.
-- raises: TK002 no such task; TK008 it is a child task: the message names the task at the top.
create or replace function tasker.check_top(p_task_id uuid, p_verb text) returns void
language plpgsql stable
as $$
declare
    v_top uuid := (
        with recursive line as (
            select t.task_id, t.parent_task, 0 as n from tasker.tasks t where t.task_id = p_task_id
            union all
            select p.task_id, p.parent_task, l.n + 1
            from line l
            -- `offset 0`: decision 0113.
            cross join lateral (
                select t.task_id, t.parent_task from tasker.tasks t where t.task_id = l.parent_task offset 0) p
        )
        select l.task_id from line l order by l.n desc limit 1);
begin
    if v_top is null then
        raise exception 'there is no task %', p_task_id using errcode = 'TK002';
    elsif v_top <> p_task_id then
        raise exception 'the task is a child task: % the task at the top, %', p_verb, v_top using errcode = 'TK008';
    end if;
end;
$$;
