-- Moves the messages of enqueued steps to another queue, also those that park_steps took out of their queue: they are
-- taken out of the new one again. It has no SET options: it runs under those of its caller.
-- called by: move_task, which has locked the steps.
-- locks: messages and timers (skip locked).
-- cost: reads the old queue.
create or replace function tasker.move_ready(p_old text, p_new text, p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_tasks  uuid[]; -- of the steps whose messages moved
    v_steps  int[];
    v_parked record;
begin
    execute format($move$
        with held as materialized (
            select q.msg_id from pgmq.%1$I q
            -- `is true`: a hash of the steps, not a join.
            where ((q.message ->> 'task_id', q.message ->> 'step_no')
                   in (select u.task_id::text, u.step_no::text from unnest($1, $2) u(task_id, step_no))) is true
            for update skip locked
        ), gone as (
            delete from pgmq.%1$I q using held where q.msg_id = any (array[held.msg_id])
            returning (q.message ->> 'task_id')::uuid as task_id, (q.message ->> 'step_no')::int as step_no
        )
        select array_agg(g.task_id) as tasks, array_agg(g.step_no) as steps from gone g $move$, 'q_' || p_old)
    into v_tasks, v_steps using p_task_ids, p_step_nos;
    -- `any (array[…])` and `offset 0`: decision 0113.
    with own as materialized (
        select d.due_at, e.task_id, e.step_no
        from unnest(p_task_ids, p_step_nos) e(task_id, step_no)
        cross join lateral (
            select d.due_at from tasker.timers d
            where d.task_id = e.task_id and d.step_no = e.step_no and d.kind = 'paused' and d.queue = p_old
            offset 0 for update skip locked) d
    ), gone as (
        delete from tasker.timers d using own
        where d.due_at = any (array[own.due_at]) and d.task_id = any (array[own.task_id]) and d.step_no = own.step_no
          and d.kind = 'paused'
        returning d.task_id, d.step_no
    )
    select array_agg(g.task_id) as tasks, array_agg(g.step_no) as steps into v_parked from gone g;
    v_tasks := v_tasks || v_parked.tasks;
    v_steps := v_steps || v_parked.steps;
    if v_tasks is not null then
        perform tasker.enqueue_steps(p_new, v_tasks, v_steps);
    end if;
end;
$$;
