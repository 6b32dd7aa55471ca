-- Deletes the messages that cancelled steps, and steps skipped because a handler ended the run, have left in queues: a
-- step that is enqueued again must have only one. Of a task that a user changed, all messages are deleted, in the
-- queues of all priorities. It has no SET options: it runs under those of its caller.
-- called by: reset_tasks, which has locked the tasks.
-- locks: messages.
-- cost: reads the steps of the tasks; if some were cancelled, or the task was changed, all messages of their queues.
create or replace function tasker.delete_messages(p_task_ids uuid[]) returns void
language plpgsql
as $$
declare
    v_batch record;
begin
    for v_batch in
        select q.queue, array_agg(distinct q.task_id::text) as task_ids
        from (select u.task_id, u.queue
              from (select array_agg(s.task_id) as tasks, array_agg(s.step_no) as steps
                    from unnest(p_task_ids) i(task_id)
                    -- `offset 0`: decision 0113.
                    cross join lateral (select t.ended_by from tasker.tasks t where t.task_id = i.task_id offset 0) t
                    cross join lateral (
                        select s.task_id, s.step_no, s.state from tasker.steps s where s.task_id = i.task_id offset 0) s
                    where s.state = 'cancelled' or s.state = 'skipped' and t.ended_by is not null) g
              cross join lateral unnest(g.tasks, tasker.queues_of(g.tasks, g.steps)) u(task_id, queue)
              union all
              select i.task_id, tasker.queue_name(p.namespace, n::int2)
              from unnest(p_task_ids) i(task_id)
              cross join lateral (
                  select t.template_id from tasker.tasks t where t.task_id = i.task_id and t.is_dynamic offset 0) t
              cross join lateral (
                  select p.namespace from tasker.templates p where p.template_id = t.template_id offset 0) p
              cross join lateral generate_series(1, 4) n) q
        group by q.queue order by q.queue
    loop
        execute format('delete from pgmq.%I q where q.message ->> ''task_id'' = any ($1)', 'q_' || v_batch.queue)
        using v_batch.task_ids;
    end loop;
end;
$$;
