-- Whether a user may end a step so, see resolve_step. It has no SET options: it runs under those of its callers.
-- called by: resolve_step, resolve_locked.
-- p_result: null to skip it.
-- returns: true; false: the step has ended so before.
-- raises: TK008.
create or replace function tasker.may_resolve(p_task_id uuid, p_step tasker.template_steps, p_result json)
returns boolean
language plpgsql stable
as $$
declare
    v_task    tasker.tasks;
    v_step    tasker.steps;
    v_state   text;
    v_problem text;
begin
    select * into strict v_task from tasker.tasks t where t.task_id = p_task_id;
    select * into v_step from tasker.steps s where s.task_id = p_task_id and s.step_no = p_step.step_no;
    v_state := coalesce(v_step.state::text, case when p_step.parents = '{}' then 'enqueued' else 'pending' end);
    if v_state = (case when p_result is null then 'skipped' else 'complete' end)
       and (p_result is null or tasker.is_same_json(v_step.result, p_result)) then
        return false;
    elsif v_state = 'complete' and p_result is not null then
        v_problem := 'step "%s" is complete with another result';
    elsif v_state in ('complete', 'skipped') then
        v_problem := 'step "%s" is %s: only a step that has not ended, or that failed, can be resolved';
    elsif v_task.state in ('complete', 'cancelled') then
        v_problem := 'step "%s" cannot be resolved: the task is ' || v_task.state;
    elsif v_task.compensation is not null then
        v_problem := 'step "%s" cannot be resolved: the steps of the task '
            || case v_task.compensation when 'running' then 'are being undone' else 'were undone' end;
    elsif v_state = 'failed' and v_task.state <> 'failed' then
        v_problem := 'step "%s" is failed: it can be resolved once the task has failed, too';
    elsif v_state = 'pending' then
        v_problem := 'step "%s" is pending: only a step that has begun can be resolved';
    elsif v_task.state = 'failed' and exists (
              select from tasker.steps_to_retry(array[p_task_id], p_step.step_no) r
              where r.step_no = p_step.step_no and r.way = 'later') then
        v_problem := 'step "%s" depends on a step that is not complete: resolve that one, or retry the task';
    end if;
    if v_problem is not null then
        raise exception '%', format(v_problem, p_step.name, v_state) using errcode = 'TK008';
    end if;
    return true;
end;
$$;
