-- Gives a task and its open child tasks another priority, and moves their steps to its queue. It has no SET options: it
-- runs under those of its caller.
-- called by: set_priority, where the rules are described.
-- p_old: the priority that the task has.
-- locks: the open steps of the tasks (lock_runs), the tasks (task_id), timers and messages (skip locked: a step that is
--   being claimed need not move).
-- moves: none. All open steps of the tasks become dynamic: only advance_dynamic compares the priority of the next steps
--   with that of the queue of a report.
-- raises: TK009 the tasks have changed meanwhile.
-- cost: reads the queues of the other priorities.
create or replace function tasker.move_task(p_task_id uuid, p_old int2, p_new int2) returns void
language plpgsql
as $$
declare
    v_tasks uuid[] := tasker.tasks_to_move(p_task_id, p_old);
    v_queue record; -- the steps of a namespace that may be in it, or return to it
begin
    perform tasker.lock_runs(v_tasks, '{}', '{}');
    perform from tasker.tasks t where t.task_id = any (v_tasks) order by t.task_id for update;
    if v_tasks = '{}' or v_tasks <> tasker.tasks_to_move(p_task_id, p_old) then
        raise exception 'the tasks have changed' using errcode = 'TK009';
    end if;
    update tasker.tasks t set priority = p_new, is_dynamic = true where t.task_id = any (v_tasks);
    update tasker.steps s set dynamic = true
    where s.task_id = any (v_tasks) and not s.dynamic and not tasker.step_has_ended(s.state);
    for v_queue in
        select tasker.queue_name(p.namespace, q.priority::int2) as old, tasker.queue_name(p.namespace, p_new) as new,
               array_agg(s.task_id) filter (where s.state = 'enqueued') as ready_tasks,
               array_agg(s.step_no) filter (where s.state = 'enqueued') as ready_steps,
               array_agg(s.task_id) as tasks, array_agg(s.step_no) as steps
        from unnest(v_tasks) i(task_id)
        -- `offset 0`: decision 0113.
        cross join lateral (
            select * from tasker.steps s
            where s.task_id = i.task_id and s.state in ('enqueued', 'waiting_for_retry', 'waiting') offset 0) s
        cross join lateral (select p.namespace from tasker.templates p where p.template_id = s.template_id offset 0) p
        cross join lateral (
            select from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = tasker.template_step(s.step_no) and d.priority is null
            offset 0) d
        -- Also where an earlier change has left a step behind.
        cross join generate_series(1, 4) q(priority)
        where q.priority <> p_new
        group by p.namespace, q.priority order by p.namespace, q.priority
    loop
        if v_queue.ready_tasks is not null then
            perform tasker.move_ready(v_queue.old, v_queue.new, v_queue.ready_tasks, v_queue.ready_steps);
        end if;
        perform tasker.move_timers(v_queue.old, v_queue.new, v_queue.tasks, v_queue.steps);
    end loop;
end;
$$;
