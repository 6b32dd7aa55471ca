-- Locks all open steps of tasks, together with the reported steps, so that no other session can start a step of these
-- tasks. Adds rows for roots that were never claimed first. It has no SET options: it runs under those of its caller.
-- called by: end_runs, move_task, resolve_locked.
-- p_open: the tasks. p_task_ids, p_step_nos: the reported steps.
-- locks: new rows of roots, then the steps (task_id, step_no) in rounds: the children that a report in flight adds are
--   visible only after it. A later round may lock steps below those that it holds.
create or replace function tasker.lock_runs(p_open uuid[], p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_tasks  uuid[]; -- of the open steps
    v_steps  int[];
    v_locked uuid[]; -- those that the last round has locked
    v_held   int[];
begin
    insert into tasker.steps
        (task_id, step_no, template_id, dynamic, parents_total, parents_done, state, enqueued_at)
    select o.task_id, r.step_no, o.template_id, d.is_dynamic or o.budget_task is not null, 0, 0,
           'enqueued'::tasker.step_state, o.created_at
    from (select t.* from tasker.tasks t where t.task_id = any (p_open) and not tasker.has_ended(t.state) offset 0) o
    cross join lateral (select * from tasker.templates d where d.template_id = o.template_id offset 0) d
    cross join lateral unnest(d.roots) r(step_no)
    order by o.task_id, r.step_no
    on conflict do nothing;
    loop
        select array_agg(s.task_id order by s.task_id, s.step_no), array_agg(s.step_no order by s.task_id, s.step_no)
        into v_tasks, v_steps
        from unnest(p_open) o(task_id)
        -- `any (array[…])` and `offset 0`: decision 0113.
        cross join lateral (
            select s.task_id, s.step_no from tasker.steps s
            where s.task_id = o.task_id and not tasker.step_has_ended(s.state) offset 0) s;
        exit when v_tasks is not distinct from v_locked and v_steps is not distinct from v_held;
        perform from (select * from unnest(p_task_ids || v_tasks, p_step_nos || v_steps) u(task_id, step_no)
                      order by u.task_id, u.step_no offset 0) i
        join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        for update of s;
        v_locked := v_tasks;
        v_held := v_steps;
    end loop;
end;
$$;
