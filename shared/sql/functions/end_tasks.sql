-- Records that tasks have just reached a final state.
-- called by: update_tasks, finish_step, start_dynamic, cancel_tasks, which hold the tasks' locks.
-- p_task_ids: null for none. p_some_children: some of them may be child tasks.
create or replace function tasker.end_tasks(p_task_ids uuid[], p_state tasker.task_state, p_some_children boolean)
returns void
language plpgsql
set search_path = ''
as $$
begin
    if p_task_ids is null then
        return;
    end if;
    if p_state <> 'complete' then
        insert into tasker.unsuccessful_tasks (state, task_id) select p_state, unnest(p_task_ids);
    end if;
    if p_some_children then
        perform tasker.note_child_ends(p_task_ids, p_state);
    end if;
    perform tasker.note_finished(p_task_ids);
end;
$$;
