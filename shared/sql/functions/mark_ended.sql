-- Notes in each task which step ended its run, and in each map whether one of its items failed the task. It has no SET
-- options: it runs under those of its caller.
-- called by: end_runs, which has locked the steps.
-- p_task_ids, p_step_nos, p_deliveries, p_outcomes: the reports that end runs, in their order: the first of a task
--   decides. Outdated ones are ignored.
-- returns: the tasks whose run this call ends, without those whose run had ended; never null.
-- locks: the tasks (task_id), maps.
create or replace function tasker.mark_ended(
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_outcomes tasker.outcome[]) returns uuid[]
language plpgsql
as $$
declare
    v_valid record;
    v_ended uuid[];
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    select array_agg(i.task_id order by i.n) as tasks, array_agg(i.step_no order by i.n) as steps,
           array_agg(i.task_id) filter (where i.step_no >= 10000 and i.outcome = 'fail_task') as map_tasks,
           array_agg(tasker.template_step(i.step_no)) filter (where i.step_no >= 10000 and i.outcome = 'fail_task')
               as map_steps
    into v_valid
    from unnest(p_task_ids, p_step_nos, p_deliveries, p_outcomes) with ordinality
             i(task_id, step_no, delivery, outcome, n)
    cross join lateral (
        select from tasker.steps s
        where s.task_id = i.task_id and s.step_no = i.step_no and s.delivery = i.delivery
          and s.state = 'in_progress' offset 0) s;
    perform from tasker.tasks t where t.task_id = any (v_valid.tasks) order by t.task_id for update;
    with ended as (
        update tasker.tasks t set ended_by = i.step_no
        from (select distinct on (u.task_id) u.task_id, u.step_no
              from unnest(v_valid.tasks, v_valid.steps) with ordinality u(task_id, step_no, n)
              order by u.task_id, u.n) i
        where t.task_id = any (array[i.task_id]) and t.ended_by is null
        returning t.task_id
    )
    select coalesce(array_agg(e.task_id order by e.task_id), '{}') into v_ended from ended e;
    update tasker.maps m set most_failures = -1
    from (select distinct u.task_id, u.step_no from unnest(v_valid.map_tasks, v_valid.map_steps) u(task_id, step_no)
          order by u.task_id, u.step_no offset 0) i
    where m.task_id = any (array[i.task_id]) and m.step_no = i.step_no;
    return v_ended;
end;
$$;
