-- Cancels tasks without their child tasks.
-- called by: cancel_tasks, whose options it runs under.
-- p_task_ids: tasks that are open or failed. p_overdue: they fail, because their time limit has passed. A task that
--   has begun to compensate meanwhile is not changed.
-- returns: those that this call cancelled.
-- locks: steps (task_id, step_no), then tasks (task_id).
-- moves: see cancel_tasks.
-- Steps are cancelled in rounds until none is left: a round waits for a finish_steps in flight, whose
-- new children only the next round sees. A step that is about to be followed by others is open until
-- that commits, so a look that finds no open step has missed none.
create or replace function tasker.cancel_level(p_task_ids uuid[], p_now timestamptz, p_overdue boolean) returns uuid[]
language plpgsql
as $$
declare
    v_noted_tasks uuid[]; -- steps with noted progress
    v_noted_steps int[];
    v_running     uuid[]; -- tasks of steps in progress, whose workers are notified (decision 0141)
    v_cancelled   uuid[];
begin
    -- Roots that were never claimed have no row (decision 0120). A claim in flight adds it first, or
    -- waits and finds this one.
    insert into tasker.steps
        (task_id, step_no, template_id, parents_total, parents_done, state, enqueued_at, finished_at)
    select o.task_id, r.step_no, o.template_id, 0, 0, 'cancelled'::tasker.step_state, o.created_at, p_now
    from (select t.* from tasker.tasks t where t.task_id = any (p_task_ids) offset 0) o
    cross join lateral (
        select * from tasker.templates d where d.template_id = o.template_id offset 0) d
    cross join lateral unnest(d.roots) r(step_no)
    order by o.task_id, r.step_no
    on conflict do nothing;
    loop
        with own as materialized (
            select s.task_id, s.step_no, s.state
            from unnest(p_task_ids) o(task_id)
            cross join lateral (
                select from tasker.tasks t
                where t.task_id = o.task_id and t.compensation is distinct from 'running' offset 0) t
            join tasker.steps s on s.task_id = any (array[o.task_id])
            where not tasker.step_has_ended(s.state)
            order by o.task_id, s.step_no
            for update of s
        ), ended as (
            update tasker.steps s set state = 'cancelled', finished_at = p_now
            from own
            where s.task_id = any (array[own.task_id]) and s.step_no = own.step_no
              and not tasker.step_has_ended(s.state)
            returning s.task_id, s.step_no, s.has_progress, own.state
        )
        select array_agg(e.task_id) filter (where e.has_progress), array_agg(e.step_no) filter (where e.has_progress),
               array_agg(distinct e.task_id) filter (where e.state = 'in_progress')
        into v_noted_tasks, v_noted_steps, v_running from ended e;
        perform tasker.note_tasks('tasker.cancelled', 2000, v_running);
        if v_noted_tasks is not null then
            perform tasker.forget_progress(v_noted_tasks, v_noted_steps);
        end if;
        exit when not exists (
            select from unnest(p_task_ids) o(task_id)
            cross join lateral (
                select from tasker.tasks t
                where t.task_id = o.task_id and t.compensation is distinct from 'running' offset 0) t
            cross join lateral (
                select from tasker.steps s
                where s.task_id = o.task_id and not tasker.step_has_ended(s.state) offset 0) s);
    end loop;

    with moved as (
        update tasker.tasks t
        set state = (case when p_overdue then 'failed' else 'cancelled' end)::tasker.task_state,
            steps_active = 0, steps_waiting = 0, finished_at = p_now,
            error = case when p_overdue
                         then '{"type": "deadline", "message": "the task did not end within its timeout_seconds"}'::json
                         else t.error end
        where t.task_id = any (p_task_ids) and t.compensation is distinct from 'running'
          and (not tasker.has_ended(t.state) or t.state = 'failed' and not p_overdue)
        returning t.task_id
    )
    select array_agg(m.task_id) into v_cancelled from moved m;
    return v_cancelled;
end;
$$;
