-- Retries the child tasks of steps, and of items of maps, that failed last: they continue under the same ids. A step
-- whose last child cannot be retried, for example because it was cancelled or undone, gets another one. It has no SET
-- options: it runs under those of its callers.
-- called by: reset_tasks, send_items.
-- p_task_ids, p_step_nos: steps with `workflow` that were just moved to `waiting`; the numbers of their attempts are
--   new.
-- REQUIRES: the caller has locked the tasks of the steps.
-- locks, moves: those of the child tasks, see reset_tasks.
create or replace function tasker.retry_children(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_last    record; -- the last child of each step
    v_retried uuid[];
begin
    -- `offset 0`: decision 0113.
    select array_agg(u.task_id) as tasks, array_agg(u.step_no) as steps, array_agg(s.failures) as attempts,
           array_agg(c.child_id) as children
    into v_last
    from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
    cross join lateral (
        select s.failures from tasker.steps s where s.task_id = u.task_id and s.step_no = u.step_no offset 0) s
    left join lateral (
        select c.child_id from tasker.child_tasks c
        where c.task_id = u.task_id and c.step_no = u.step_no and c.key = '' and c.attempt >= 0
        order by c.attempt desc limit 1) c on true;
    v_retried := tasker.reset_tasks(array_remove(v_last.children, null));
    insert into tasker.child_tasks (task_id, step_no, key, attempt, child_id, collect)
    select l.task_id, l.step_no, '', l.attempt, l.child_id, false
    from unnest(v_last.tasks, v_last.steps, v_last.attempts, v_last.children) l(task_id, step_no, attempt, child_id)
    where l.child_id = any (v_retried);
    -- fire_children creates the others.
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select v_now, l.task_id, l.step_no, 'again'
    from unnest(v_last.tasks, v_last.steps, v_last.children) l(task_id, step_no, child_id)
    where (l.child_id = any (v_retried)) is not true;
    if found then
        perform tasker.note_timer(0);
    end if;
end;
$$;
