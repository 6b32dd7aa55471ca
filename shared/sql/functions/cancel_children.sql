-- Cancels the open child tasks of tasks. It has no SET options: it runs under those of its callers.
-- called by: end_runs, stop_step.
-- p_step_no: only those of this step, and of its items. p_compensate: what they have done is undone.
-- locks: see cancel_tasks. raises: lock_not_available, so that the caller releases its locks, too.
create or replace function tasker.cancel_children(
    p_task_ids uuid[], p_step_no int default null, p_compensate boolean default true) returns void
language plpgsql
as $$
declare
    v_open uuid[];
begin
    select array_agg(distinct c.child_id) into v_open
    from unnest(p_task_ids) o(task_id)
    -- `offset 0`: decision 0113.
    cross join lateral (
        select c.child_id from tasker.child_tasks c
        where c.task_id = o.task_id and (p_step_no is null or tasker.template_step(c.step_no) = p_step_no) offset 0) c
    cross join lateral (
        select from tasker.tasks t where t.task_id = c.child_id and not tasker.has_ended(t.state) offset 0) t;
    if v_open is not null then
        perform from tasker.cancel_tasks(v_open, p_compensate, p_most_tries => 1);
    end if;
end;
$$;
