-- The step of a task with this name; not an undo step.
-- called by: resolve_step; the orchestrator, to check a result.
-- returns: the step as its template has it.
-- raises: TK002.
create or replace function tasker.find_step(p_task_id uuid, p_step text) returns tasker.template_steps
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_template int;
    v_step     tasker.template_steps;
begin
    select t.template_id into v_template from tasker.tasks t where t.task_id = p_task_id;
    if not found then
        raise exception 'there is no task %', p_task_id using errcode = 'TK002';
    end if;
    select * into v_step from tasker.template_steps d
    where d.template_id = v_template and d.name = p_step and d.undoes is null;
    if not found then
        raise exception 'the task has no step "%"', p_step using errcode = 'TK002';
    end if;
    return v_step;
end;
$$;
