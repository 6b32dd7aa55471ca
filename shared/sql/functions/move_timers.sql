-- Lets steps that wait for a retry or a repetition return to another queue, where they get numbers of messages as if
-- they were enqueued now. It has no SET options: it runs under those of its caller.
-- called by: move_task, which has locked the steps.
-- p_task_ids, p_step_nos: steps; those that do not wait for this are not changed.
-- locks: their timers (skip locked: such a step returns now).
create or replace function tasker.move_timers(p_old text, p_new text, p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_held    record;
    v_msg_ids bigint[];
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    select array_agg(e.task_id) as tasks, array_agg(e.step_no) as steps, array_agg(d.due_at) as times,
           array_agg(d.kind) as kinds
    into v_held
    from unnest(p_task_ids, p_step_nos) e(task_id, step_no)
    cross join lateral (
        select d.due_at, d.kind from tasker.timers d
        where d.task_id = e.task_id and d.step_no = e.step_no and d.kind in ('retry', 'repeat') and d.queue = p_old
        offset 0 for update skip locked) d;
    if v_held.tasks is null then
        return;
    end if;
    -- A message that is deleted again: so its number is above those of all earlier ones (see raise_floor).
    execute format('select tasker_queues.%I($1, $2, 0)', 'send_' || p_new) into v_msg_ids
    using v_held.tasks, v_held.steps;
    execute format('select tasker_queues.%I($1)', 'delete_' || p_new) using v_msg_ids;
    update tasker.timers d set queue = p_new, msg_id = h.msg_id
    from (select * from unnest(v_held.tasks, v_held.steps, v_held.times, v_held.kinds, v_msg_ids)
              u(task_id, step_no, due_at, kind, msg_id) order by u.due_at, u.task_id, u.step_no) h
    where d.due_at = any (array[h.due_at]) and d.task_id = any (array[h.task_id]) and d.step_no = h.step_no
      and d.kind = h.kind;
end;
$$;
