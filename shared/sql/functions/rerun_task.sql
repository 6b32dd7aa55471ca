-- Runs a finished task again from one of its steps, as a new task of the same version of the template, with the same
-- context, priority and labels. The new task takes over the steps of steps_taken_over; the others run. Call it last in a
-- transaction: it locks the task until the commit.
-- p_from: the name of the step. p_by: who does it. p_reason: why.
-- p_key: an idempotency key of this task: another call with it returns the same new task.
-- called by: the orchestrator (POST /v1/tasks/{id}/rerun); users.
-- returns: the new task; created: by this call.
-- locks: the task; then see create_tasks and take_over_steps.
-- moves: the new task none -> pending, then see take_over_steps.
-- raises: TK001 bad arguments, or no such step; TK002 no such task; TK004 the key was used with another step; TK008 the
--   task has not finished, is a child task, or the undoing of a step that would be taken over has failed.
-- cost: reads the steps of the task, and copies those that are taken over.
create or replace function tasker.rerun_task(
    p_task_id uuid, p_from text, p_reason text default null, p_by text default null, p_key text default null,
    out task_id uuid, out created boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set jit = off -- the estimates for steps_taken_over are high
as $$
#variable_conflict use_column
declare
    v_task    tasker.tasks;
    v_earlier jsonb; -- what the event of an earlier call with this key says
    v_step    int;
    v_taken   record;
    v_first   record;
    v_now     timestamptz;
begin
    perform tasker.check_reason(p_by, p_reason), tasker.check_sender(null, p_key);
    select * into v_task from tasker.tasks t where t.task_id = p_task_id for update;
    perform tasker.check_top(p_task_id, 'rerun');
    select e.detail into v_earlier from tasker.task_events e
    where e.task_id = p_task_id and e.kind = 'rerun_as' and e.detail ->> 'key' = p_key
      and exists (select from tasker.tasks t where t.task_id = (e.detail ->> 'task_id')::uuid); -- else it was deleted
    if v_earlier ->> 'from' = p_from then
        rerun_task.task_id := (v_earlier ->> 'task_id')::uuid;
        created := false;
        return;
    elsif v_earlier is not null then
        raise exception 'idempotency key "%" was used before to run the task from step "%"', p_key, v_earlier ->> 'from'
            using errcode = 'TK004';
    elsif not tasker.has_ended(v_task.state) then
        raise exception 'the task is %: only a finished task can be rerun',
            case v_task.state when 'pending' then tasker.pending_state(p_task_id) else v_task.state end
            using errcode = 'TK008';
    elsif v_task.finished_at is null then
        raise exception 'the task cannot be rerun: its steps are being undone' using errcode = 'TK008';
    end if;
    v_step := tasker.step_named(v_task.template_id, p_from);
    v_taken := tasker.steps_taken_over(p_task_id, v_step);
    if v_taken.half_undone is not null then
        raise exception 'the task cannot be rerun from step "%": the undoing of step "%" failed; rerun it from there, or from a step before it', p_from, v_taken.half_undone
            using errcode = 'TK008';
    end if;

    rerun_task.task_id := tasker.uuid_v7();
    created := true;
    -- Not the label of a hook task: the task above it has only one.
    perform from tasker.create_tasks(
        array[rerun_task.task_id], array[v_task.template_id], array[v_task.priority], array[v_task.context::text],
        array[null::text], p_versions => array[null::text], p_depths => array[v_task.depth],
        p_labels => array[nullif(v_task.labels - 'tasker.hook_of', '{}')::text], p_start => false);
    v_now := tasker.clock();
    insert into tasker.task_events (task_id, kind, at, by, reason, detail)
    values (p_task_id, 'rerun_as', v_now, p_by, p_reason,
            jsonb_build_object('task_id', rerun_task.task_id, 'from', p_from, 'key', p_key)),
           (rerun_task.task_id, 'rerun_of', v_now, p_by, p_reason,
            jsonb_build_object('task_id', p_task_id, 'from', p_from));
    update tasker.tasks t set reruns = coalesce(t.reruns, 0) + 1 where t.task_id = p_task_id;
    update tasker.tasks t set rerun_of = p_task_id, is_dynamic = v_task.is_dynamic where t.task_id = rerun_task.task_id;
    insert into tasker.task_events (task_id, kind, at, by, reason, step_no)
    select rerun_task.task_id, e.kind, e.at, e.by, e.reason, e.step_no from tasker.task_events e
    where e.task_id = p_task_id and e.kind = 'resolve' and e.step_no = any (v_taken.step_nos)
    order by e.event_id;
    v_first := tasker.take_over_steps(rerun_task.task_id, p_task_id, v_taken.step_nos);
    perform tasker.enqueue_by_queue(
        tasker.queues_of(v_first.task_ids, v_first.step_nos), v_first.task_ids, v_first.step_nos);
end;
$$;
