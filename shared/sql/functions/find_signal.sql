-- The step of a task that waits for the signal of this name.
-- called by: signal_task; the orchestrator, to check a payload.
-- returns: the number of the step, and its `signal` in the template.
-- raises: TK002.
create or replace function tasker.find_signal(p_task_id uuid, p_name text, out step_no int, out signal json)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_template int;
begin
    select t.template_id into v_template from tasker.tasks t where t.task_id = p_task_id;
    if not found then
        raise exception 'there is no task %', p_task_id using errcode = 'TK002';
    end if;
    select d.step_no, d.signal into step_no, signal from tasker.template_steps d
    where d.template_id = v_template and d.signal ->> 'name' = p_name and d.signal is not null;
    if not found then
        raise exception 'no step of the task''s template waits for a signal named "%"', p_name
            using errcode = 'TK002';
    end if;
end;
$$;
