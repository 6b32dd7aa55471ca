-- Enqueues steps, each in the queue with the same index.
-- called by: begin_maps, create_tasks, end_waits, fire_children, move_messages, start_compensation, reset_tasks,
--   sweep_tasks, rerun_task.
-- locks: none; the rows are new.
create or replace function tasker.enqueue_by_queue(p_queues text[], p_task_ids uuid[], p_step_nos int[])
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_batch record;
begin
    for v_batch in
        select s.queue, array_agg(s.task_id) as task_ids, array_agg(s.step_no) as step_nos
        from (select * from unnest(p_queues, p_task_ids, p_step_nos) with ordinality
                  u(queue, task_id, step_no, n)
              order by u.queue, u.n) s
        group by s.queue order by s.queue
    loop
        perform tasker.enqueue_steps(v_batch.queue, v_batch.task_ids, v_batch.step_nos);
    end loop;
end;
$$;
