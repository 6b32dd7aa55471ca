-- The steps that wait for a signal, the oldest tasks first.
-- p_namespace, p_name: of the signal; null for all. p_form: only approvals (signals with a form).
-- p_after_task, p_after_step: the last of the previous page; null for the first page.
-- called by: the orchestrator (GET /v1/signals).
-- cost: reads the waits in order until the page is full.
create or replace function tasker.list_signal_waits(
    p_namespace text, p_name text, p_form boolean, p_after_task uuid, p_after_step int, p_limit int)
returns setof tasker.signal_wait_view
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_after_task uuid := coalesce(p_after_task, '00000000-0000-0000-0000-000000000000');
    v_after_step int := coalesce(p_after_step, -1);
    v_namespace  bigint;
begin
    if p_namespace is not null then
        select n.namespace_id into v_namespace from tasker.namespaces n where n.name = p_namespace;
        if not found then
            return;
        end if;
    end if;
    return query
        select w.task_id, w.step_no, d.name, t.namespace, t.name, t.version, w.name, w.key, w.since,
               (select tasker.shown_due(m.due_at) from tasker.timers m
                where m.task_id = w.task_id and m.step_no = w.step_no and m.kind = 'deadline' limit 1),
               coalesce((d.signal ->> 'quorum')::int, 1),
               (select count(*)::int from tasker.signals g
                where g.task_id = w.task_id and g.step_no = w.step_no),
               d.signal -> 'schema', d.signal -> 'form'
        from (select * from tasker.signal_waits w
              where w.task_id >= v_after_task
                and (w.task_id > v_after_task or w.step_no > v_after_step)
                and (v_namespace is null or w.namespace_id = v_namespace)
                and (p_name is null or w.name = p_name) and (w.has_form or not p_form)
              order by w.task_id, w.step_no limit p_limit) w
        cross join lateral (select * from tasker.tasks o where o.task_id = w.task_id offset 0) o
        cross join lateral (select * from tasker.templates t where t.template_id = o.template_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = o.template_id and d.step_no = w.step_no offset 0) d
        order by w.task_id, w.step_no;
end;
$$;
