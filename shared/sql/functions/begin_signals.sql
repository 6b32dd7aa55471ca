-- Starts the waits of steps for their signals. A step whose signals came earlier is complete; one whose correlation
-- key cannot be read fails. It has no SET options: it runs under those of its callers.
-- called by: begin_waits, with steps that were just moved to `waiting`.
-- REQUIRES: the caller has locked the tasks.
-- locks: the advisory locks of correlation keys (shared); kept signals (skip locked).
-- moves: step waiting -> complete | failed.
create or replace function tasker.begin_signals(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_keys  record;
    v_first numeric; -- seconds until the first deadline
begin
    select * into v_keys from tasker.take_kept_signals(p_task_ids, p_step_nos);
    with begun as materialized (
        select b.task_id, b.step_no, t.namespace_id, d.signal, b.key, b.error,
               (d.signal ->> 'deadline_seconds')::numeric as deadline_s,
               coalesce((d.signal ->> 'quorum')::int, 1) as quorum,
               (select count(*) from tasker.signals g
                where g.task_id = b.task_id and g.step_no = b.step_no) as received
        from unnest(p_task_ids, p_step_nos, v_keys.keys, v_keys.errors) b(task_id, step_no, key, error)
        cross join lateral (select * from tasker.tasks o where o.task_id = b.task_id offset 0) o
        cross join lateral (select * from tasker.templates t where t.template_id = o.template_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = o.template_id and d.step_no = b.step_no offset 0) d
    ), ended as (
        update tasker.steps s
        set state = (case when b.error is null then 'complete' else 'failed' end)::tasker.step_state,
            finished_at = v_now, error = b.error,
            result = case when b.error is null
                          then tasker.signal_result(b.task_id, b.step_no, b.signal) end
        from (select * from begun x where x.error is not null or x.received >= x.quorum
              order by x.task_id, x.step_no) b
        where s.task_id = any (array[b.task_id]) and s.step_no = b.step_no
    ), waits as (
        insert into tasker.signal_waits (task_id, step_no, namespace_id, name, key, has_form, since)
        select b.task_id, b.step_no, b.namespace_id, b.signal ->> 'name', b.key,
               b.signal -> 'form' is not null, v_now
        from begun b where b.error is null and b.received < b.quorum
    ), timers as (
        insert into tasker.timers (due_at, task_id, step_no, kind)
        select v_now + make_interval(secs => b.deadline_s::float8), b.task_id, b.step_no, 'deadline'
        from begun b where b.error is null and b.received < b.quorum and b.deadline_s is not null
    )
    select min(b.deadline_s) into v_first
    from begun b where b.error is null and b.received < b.quorum;
    perform tasker.note_timer((v_first * 1000)::bigint);
end;
$$;
