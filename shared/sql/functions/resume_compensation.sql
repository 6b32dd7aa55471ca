-- Starts the compensation of tasks that waited for that of their child tasks (hold_compensation). A task that has
-- nothing to undo is finished then.
-- called by: fire_children. It has no SET options: it runs under those of its callers.
-- p_task_ids: tasks of which a child has ended; others than those that wait are ignored.
-- locks: the tasks (task_id), whose steps have all ended; then as start_compensation.
create or replace function tasker.resume_compensation(p_task_ids uuid[]) returns void
language plpgsql
as $$
declare
    v_now  timestamptz;
    v_held uuid[];
    v_done uuid[];
begin
    -- `any (array[…])`: decision 0113.
    with held as materialized (
        select t.task_id
        from (select distinct u from unnest(p_task_ids) u order by u offset 0) i(task_id)
        join tasker.tasks t on t.task_id = any (array[i.task_id])
        where t.compensation = 'running' and t.steps_active = 0 and t.steps_waiting = 0
          and not tasker.has_compensating_child(t.task_id)
        for update of t
    )
    select array_agg(h.task_id) into v_held from held h;
    if v_held is null then
        return;
    end if;
    v_now := tasker.clock();
    v_done := tasker.start_compensation(v_held);
    v_done := array(select h from unnest(v_held) h where h <> all (coalesce(v_done, '{}')));
    if v_done <> '{}' then
        update tasker.tasks t set compensation = 'complete', finished_at = v_now where t.task_id = any (v_done);
        perform tasker.note_child_ends(v_done, 'failed'); -- or cancelled
        perform tasker.run_hooks(v_done);
        perform tasker.note_tasks('tasker.finished', 100, v_done);
    end if;
end;
$$;
