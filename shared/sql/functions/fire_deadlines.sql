-- Ends the waits of steps whose signal did not come in time, as `on_deadline` says. It has no SET options: it runs
-- under those of its caller.
-- called by: fire_timers.
-- returns: how many waits it ended: a step that no longer waits is not changed.
-- locks: the steps (task_id, step_no), then as end_waits.
-- moves: step waiting -> failed | skipped | complete; then as end_waits.
create or replace function tasker.fire_deadlines(p_task_ids uuid[], p_step_nos int[]) returns int
language plpgsql
as $$
declare
    v_now  timestamptz := tasker.clock();
    v_late record;
    v_sum  int;
begin
    with held as materialized (
        select s.task_id, s.step_no, s.template_id
        from (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
              order by u.task_id, u.step_no offset 0) e
        join tasker.steps s on s.task_id = any (array[e.task_id]) and s.step_no = e.step_no
        where s.state = 'waiting'
        for update of s
    )
    select array_agg(h.task_id) as tasks, array_agg(h.step_no) as steps,
           array_agg((case d.signal ->> 'on_deadline' when 'skip' then 'skipped' when 'complete' then 'complete'
                                                      else 'failed' end)::tasker.step_state) as states,
           array_agg((case d.signal ->> 'on_deadline'
                          when 'skip' then null
                          when 'complete' then tasker.signal_result(
                              h.task_id, h.step_no, d.signal, coalesce(d.signal -> 'value', 'null'), v_now)
                          else json_build_object(
                              'type', 'deadline',
                              'message', format('signal "%s" did not come within %s seconds', d.signal ->> 'name',
                                                d.signal ->> 'deadline_seconds')) end)::text) as payloads
    into v_late
    from held h
    cross join lateral (
        select * from tasker.template_steps d
        where d.template_id = h.template_id and d.step_no = h.step_no offset 0) d;
    if v_late.tasks is null then
        return 0;
    end if;
    v_sum := tasker.end_waits(v_late.tasks, v_late.steps, v_late.states, v_late.payloads);
    perform tasker.forget_waits(v_late.tasks, v_late.steps);
    return v_sum;
end;
$$;
