-- Adds the timers that end tasks at their time limits. end_tasks deletes those of tasks that end before.
-- called by: create_tasks, reset_tasks.
-- p_task_ids: tasks of templates with a time limit. p_from: when it begins; null: at the creation of each.
create or replace function tasker.start_deadlines(p_task_ids uuid[], p_from timestamptz default null) returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_next bigint; -- ms until the first of them is due
begin
    with limited as materialized (
        select i.task_id, t.created_at, p.timeout_ms
        from unnest(p_task_ids) i(task_id)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
    ), timed as (
        insert into tasker.timers (due_at, task_id, step_no, kind)
        select coalesce(p_from, l.created_at) + l.timeout_ms * interval '1 millisecond', l.task_id, -1, 'task_deadline' from limited l
    )
    select min(l.timeout_ms) into v_next from limited l;
    perform tasker.note_timer(v_next);
end;
$$;
