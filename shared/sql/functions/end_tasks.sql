-- Records that tasks have just reached a final state, and starts the compensation of those that failed or were
-- cancelled. A task that compensates is finished after that. Deletes the timers of their time limits; ends the pauses,
-- and runs the hooks, of tasks that are finished.
-- called by: update_tasks, finish_step, count_started, cancel_tasks, which hold the tasks' locks.
-- p_task_ids: null for none. p_some_children: some of them may be child tasks. p_some_hooks: some may have hooks;
--   false: none has, but some may have a time limit; null: neither.
-- p_compensate: false for none of them. p_hold: some of their child tasks may compensate, which comes first
-- (hold_compensation).
-- locks: see forget_waits, start_compensation and run_hooks; pauses (skip locked: such a pause is ending).
create or replace function tasker.end_tasks(
    p_task_ids uuid[], p_state tasker.task_state, p_some_children boolean, p_some_hooks boolean,
    p_compensate boolean default true, p_hold boolean default false)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_undo  uuid[];
    v_held  uuid[] := '{}'::uuid[];
    v_ended uuid[] := p_task_ids;
begin
    if p_task_ids is null then
        return;
    end if;
    if p_some_hooks is not null then
        perform tasker.forget_waits(p_task_ids, array_fill(-1, array[cardinality(p_task_ids)]));
    end if;
    if p_state <> 'complete' then
        if p_compensate and p_hold then
            v_held := tasker.hold_compensation(p_task_ids);
        end if;
        with ended as (
            insert into tasker.unsuccessful_tasks (state, task_id) select p_state, unnest(p_task_ids)
            returning task_id
        )
        select array_agg(e.task_id) into v_undo
        from ended e
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = e.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
        where p_compensate and p.has_compensation and t.compensation is null;
        if v_undo is not null or v_held <> '{}' then
            v_undo := tasker.start_compensation(v_undo);
            v_ended := array(select u from unnest(p_task_ids) u where u <> all (v_held || coalesce(v_undo, '{}')));
        end if;
    end if;
    if v_ended = '{}' then
        return;
    end if;
    if exists (select from tasker.pauses) then
        delete from tasker.pauses x
        where x.pause_id in (select x.pause_id from tasker.pauses x
                             where x.task_id = any (v_ended) and not tasker.has_compensating_child(x.task_id)
                             for update skip locked);
    end if;
    if p_some_children then
        perform tasker.note_child_ends(v_ended, p_state);
    end if;
    if p_some_hooks then
        perform tasker.run_hooks(v_ended);
    end if;
    perform tasker.note_tasks('tasker.finished', 100, v_ended);
end;
$$;
