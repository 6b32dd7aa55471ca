-- Puts steps on a queue, to be read at once, and notes that it has new work.
-- Writes the queue's table itself: pgmq.send_batch does the same behind three nested calls and a plan
-- with a common table expression, at several times the cost for a small batch.
-- called by: create_tasks, finish_steps, finish_step, release_due.
-- locks: none; the rows are new.
create or replace function tasker.enqueue_steps(p_queue text, p_task_ids uuid[], p_step_nos int[])
returns void
language plpgsql
set search_path = ''
as $$
begin
    execute format(
        'insert into pgmq.%I (vt, message)
         select clock_timestamp(), jsonb_build_object(''task_id'', s.task_id, ''step_no'', s.step_no)
         from unnest($1, $2) s(task_id, step_no)', 'q_' || p_queue)
    using p_task_ids, p_step_nos;
    perform tasker.note_ready(p_queue);
end;
$$;
