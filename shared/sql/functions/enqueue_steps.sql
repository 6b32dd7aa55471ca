-- Sends steps to a queue, immediately visible, and notes that it has new work.
-- called by: move_messages, enqueue_by_queue, finish_step, move_ready.
-- locks: none; the rows are new.
create or replace function tasker.enqueue_steps(p_queue text, p_task_ids uuid[], p_step_nos int[])
returns void
language plpgsql
set search_path = ''
as $$
begin
    execute format('select tasker_queues.%I($1, $2, 0)', 'send_' || p_queue) using p_task_ids, p_step_nos;
    perform tasker.note_ready(p_queue);
end;
$$;
