-- How a compensation has ended, whose undo steps have all ended: failed if one of them failed.
-- called by: update_tasks. It has no SET options: it runs under those of its caller.
-- cost: reads the undo steps of the task.
create or replace function tasker.compensation_end(p_task_id uuid, p_template_id int)
returns tasker.compensation_state
language plpgsql stable
as $$
declare
    v_first int := (select t.steps_total from tasker.templates t where t.template_id = p_template_id);
begin
    if exists (select from tasker.steps s
               where s.task_id = p_task_id and s.step_no between v_first and 9999 and s.state = 'failed') then
        return 'failed'::tasker.compensation_state;
    end if;
    return 'complete'::tasker.compensation_state;
end;
$$;
