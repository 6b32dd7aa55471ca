-- Lets steps with `workflow` and `repeat` wait for their next run, after a child task that did not meet the condition.
-- called by: fire_children, which has locked the steps. It has no SET options: it runs under those of its callers.
-- p_results: of the child tasks; null arrays for no steps. p_waits: ms until the next run.
create or replace function tasker.repeat_children(
    p_task_ids uuid[], p_step_nos int[], p_results text[], p_waits bigint[]) returns void
language plpgsql
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    if p_task_ids is null then
        return;
    end if;
    update tasker.steps s set failures = 0, old_failures = null, error = null
    from (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no) order by u.task_id, u.step_no) r
    where s.task_id = any (array[r.task_id]) and s.step_no = r.step_no;
    insert into tasker.repetitions as n (task_id, step_no, finished, previous)
    select r.task_id, r.step_no, 1, r.result::json from unnest(p_task_ids, p_step_nos, p_results) r(task_id, step_no, result)
    on conflict (task_id, step_no) do update set finished = n.finished + 1, previous = excluded.previous;
    perform tasker.forget_children(p_task_ids, p_step_nos); -- each run counts its attempts from 0
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select v_now + r.wait_ms * interval '1 millisecond', r.task_id, r.step_no, 'again'
    from unnest(p_task_ids, p_step_nos, p_waits) r(task_id, step_no, wait_ms);
end;
$$;
