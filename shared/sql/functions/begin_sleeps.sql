-- Begins the sleeps of steps that just became `waiting`: adds their timers. A sleep whose end is past is complete; one
-- whose end cannot be computed fails.
-- called by: begin_waits. It has no SET options: it runs under those of its callers.
-- moves: step waiting -> complete | failed.
create or replace function tasker.begin_sleeps(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_now  timestamptz := tasker.clock();
    v_next bigint; -- ms until the first of them ends
begin
    with due as materialized (
        select w.task_id, w.step_no, e.due_at, e.error
        from unnest(p_task_ids, p_step_nos) w(task_id, step_no)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = w.task_id offset 0) t
        cross join lateral (
            select d.sleep from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = w.step_no offset 0) d
        cross join lateral (
            select * from tasker.sleep_end(
                d.sleep, v_now, t.context,
                case when d.sleep ->> 'until' like '%${parents/%'
                     then tasker.parent_results(w.task_id, w.step_no) end) offset 0) e
    ), ended as (
        update tasker.steps s
        set state = (case when d.error is null then 'complete' else 'failed' end)::tasker.step_state,
            finished_at = v_now, error = d.error, result = case when d.error is null then 'null'::json end
        from (select * from due x where x.error is not null or x.due_at <= v_now order by x.task_id, x.step_no) d
        where s.task_id = any (array[d.task_id]) and s.step_no = d.step_no
    ), timed as (
        insert into tasker.timers (due_at, task_id, step_no, kind)
        select d.due_at, d.task_id, d.step_no, 'sleep' from due d where d.error is null and d.due_at > v_now
        returning due_at
    )
    select ceil(extract(epoch from min(t.due_at) - v_now) * 1000)::bigint into v_next from timed t;
    perform tasker.note_timer(v_next);
end;
$$;
