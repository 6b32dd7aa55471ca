-- Cancels the open child tasks of tasks, and undoes what these have done. It has no SET options: it runs under those of
-- its caller.
-- called by: end_runs.
-- locks: see cancel_tasks. raises: lock_not_available, so that the caller releases its locks, too.
create or replace function tasker.cancel_children(p_task_ids uuid[]) returns void
language plpgsql
as $$
declare
    v_open uuid[];
begin
    select array_agg(distinct c.child_id) into v_open
    from unnest(p_task_ids) o(task_id)
    -- `offset 0`: decision 0113.
    cross join lateral (select c.child_id from tasker.child_tasks c where c.task_id = o.task_id offset 0) c
    cross join lateral (
        select from tasker.tasks t where t.task_id = c.child_id and not tasker.has_ended(t.state) offset 0) t;
    if v_open is not null then
        perform from tasker.cancel_tasks(v_open, p_compensate => true, p_most_tries => 1);
    end if;
end;
$$;
