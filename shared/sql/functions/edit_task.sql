-- Replaces the context of a failed task, before a retry. Steps that are complete keep what they made of the old one.
-- p_by: who edits it. p_reason: why. p_context_validated: see create_task.
-- called by: the orchestrator (POST /v1/tasks/{id}/edit); users.
-- returns: whether this call changed it; false: the task has this context.
-- locks: the task.
-- raises: TK001 bad arguments; TK002 no such task; TK008 it has not failed, is a child task, or was undone.
create or replace function tasker.edit_task(
    p_task_id uuid, p_context json, p_reason text default null, p_by text default null,
    p_context_validated boolean default false, out edited boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_task     tasker.tasks;
    v_template tasker.templates;
begin
    perform tasker.check_reason(p_by, p_reason);
    if p_context is null then
        raise exception 'context: must not be null' using errcode = 'TK001';
    end if;
    select * into v_task from tasker.tasks t where t.task_id = p_task_id for update;
    perform tasker.check_top(p_task_id, 'edit');
    if v_task.state <> 'failed' then
        raise exception 'the task is %: only the context of a failed task can be edited',
            case v_task.state when 'pending' then tasker.pending_state(p_task_id) else v_task.state end
            using errcode = 'TK008';
    elsif v_task.compensation is not null then
        raise exception 'the task cannot be edited, because it cannot be retried: its steps %',
            case v_task.compensation when 'running' then 'are being undone' else 'were undone' end using errcode = 'TK008';
    end if;
    select * into strict v_template from tasker.templates t where t.template_id = v_task.template_id;
    if v_template.has_input_schema and not p_context_validated then
        raise exception 'template %/% declares an input_schema, which the database cannot check: pass p_context_validated => true once you have', v_template.namespace, v_template.name
            using errcode = 'TK001';
    end if;
    edited := not tasker.is_same_json(v_task.context, p_context);
    if edited then
        update tasker.tasks t set context = p_context where t.task_id = p_task_id;
        insert into tasker.task_events (task_id, kind, at, by, reason)
        values (p_task_id, 'edit', tasker.clock(), p_by, p_reason);
    end if;
end;
$$;
