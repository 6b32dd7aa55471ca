-- Stores the reports of handlers that answered child tasks: creates those, and lets the steps wait for them. A child
-- that an earlier attempt of the step created under the same key, and that is complete, is used again. If the run of
-- the task has ended, no child starts, and the step is skipped.
-- called by: accept_reports. The arguments are those of finish_steps; p_children: those of check_answers. It has no SET
-- options: see advance_steps.
-- REQUIRES: an earlier statement has locked the steps, so that this one sees whether the run has ended (end_runs).
-- returns: the tasks of the skipped steps; the messages of all steps. Null if there are none.
-- locks: the steps (task_id, step_no); new tasks.
-- moves: step in_progress -> waiting | skipped.
create or replace function tasker.answer_children(
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[], p_outcomes tasker.outcome[],
    p_children tasker.wanted_child[], p_ran_us int[], p_now timestamptz,
    out skipped_tasks uuid[], out msg_ids bigint[])
language plpgsql
as $$
declare
    v_moved    record;
    v_children record;
begin
    with moved as (
        update tasker.steps s
        set state = (case when i.has_ended then 'skipped' else 'waiting' end)::tasker.step_state, error = null,
            finished_at = case when i.has_ended then p_now end,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, p_now - i.ran_us * interval '1 microsecond'))
        from (select i.*, t.ended_by is not null and t.compensation is null as has_ended
              from unnest(p_task_ids, p_step_nos, p_deliveries, p_outcomes, p_msg_ids, p_ran_us)
                  with ordinality i(task_id, step_no, delivery, outcome, msg_id, ran_us, n)
              -- `offset 0`: decision 0113.
              cross join lateral (
                  select t.ended_by, t.compensation from tasker.tasks t where t.task_id = i.task_id offset 0) t
              where i.outcome = 'children' order by i.task_id, i.step_no) i
        where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.delivery = i.delivery
          and s.state = 'in_progress'
        returning s.task_id, s.step_no, s.failures, s.has_progress, i.has_ended, i.n, i.msg_id
    )
    select array_agg(m.task_id) filter (where not m.has_ended) as tasks,
           array_agg(m.step_no) filter (where not m.has_ended) as steps,
           array_agg(m.failures) filter (where not m.has_ended) as attempts,
           array_agg(m.n) filter (where not m.has_ended) as numbers,
           array_agg(m.task_id) filter (where m.has_ended) as skipped_tasks,
           array_agg(m.step_no) filter (where m.has_ended) as skipped_steps,
           bool_or(m.has_ended and m.has_progress) as noted, array_agg(m.msg_id) as msg_ids
    into v_moved from moved m;
    skipped_tasks := v_moved.skipped_tasks;
    msg_ids := v_moved.msg_ids;
    if v_moved.noted then
        perform tasker.forget_progress(skipped_tasks, v_moved.skipped_steps);
    end if;
    if v_moved.tasks is null then
        return;
    end if;

    with wanted as materialized (
        select c.place, v_moved.tasks[m.n] as task_id, v_moved.steps[m.n] as step_no,
               v_moved.attempts[m.n] as attempt, c.key, c.template_id, c.priority, c.context, c.collect,
               o.child_id as complete
        from unnest(p_children) with ordinality c(n, key, template, template_id, priority, context, collect, place)
        cross join lateral (select array_position(v_moved.numbers, c.n) as n offset 0) m
        left join lateral (
            select b.child_id
            from (select c2.child_id from tasker.child_tasks c2
                  where c2.task_id = v_moved.tasks[m.n] and c2.step_no = v_moved.steps[m.n] and c2.key = c.key
                    and c2.attempt >= 0
                  order by c2.attempt desc limit 1) b
            cross join lateral (
                select from tasker.tasks t where t.task_id = b.child_id and t.state = 'complete' offset 0) t) o on true
        where m.n is not null
    ), reused as (
        insert into tasker.child_tasks (task_id, step_no, key, attempt, child_id, collect)
        select w.task_id, w.step_no, w.key, w.attempt, w.complete, w.collect from wanted w where w.complete is not null
    )
    select array_agg(w.task_id order by w.place) as tasks, array_agg(w.step_no order by w.place) as steps,
           array_agg(w.key order by w.place) as keys, array_agg(w.template_id order by w.place) as templates,
           array_agg(w.priority order by w.place) as priorities, array_agg(w.context order by w.place) as contexts,
           array_agg(w.collect order by w.place) as collect
    into v_children from wanted w where w.complete is null;
    if v_children.tasks is not null then
        perform tasker.create_children(
            v_children.tasks, v_children.steps, v_children.keys, v_children.templates, v_children.priorities,
            v_children.contexts, v_children.collect);
    end if;
    -- A step without new children has to be ended too.
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select p_now, m.task_id, m.step_no, 'child' from unnest(v_moved.tasks, v_moved.steps) m(task_id, step_no)
    where (m.task_id, m.step_no) not in (select * from unnest(v_children.tasks, v_children.steps))
    on conflict do nothing;
    if found then
        perform tasker.note_timer(0);
    end if;
end;
$$;
