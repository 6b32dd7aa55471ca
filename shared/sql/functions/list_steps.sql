-- The steps of a task in topological order, or the one named p_name. A step without a complete
-- parent has no row yet: it is pending, or cancelled with its task.
-- attempts: reported failures, plus the current or successful run, unless a user ended it; lost leases, and steps that
--   a stopping worker returned, count only in deliveries (claims) and lost_leases.
-- history: only with p_name.
-- p_after_step_no: the last step of the previous page; -1 for the first page.
-- p_max_bytes: the page ends with the step that brings results and errors to this size, even if p_limit would allow
--   more.
-- called by: the orchestrator (GET /v1/tasks/{id}/steps, /steps/{name}).
-- returns: no row for an unknown task or step.
-- cost: primary-key look-ups.
create or replace function tasker.list_steps(
    p_task_id uuid, p_name text, p_after_step_no int, p_limit int,
    p_max_bytes bigint default 8388608)
returns setof tasker.step_view
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_after int := p_after_step_no;
    v_last  int := 2147483647;
    v_step  tasker.step_view;
    v_bytes bigint := 0::bigint;
    v_undo  jsonb; -- {"<step_no>": <the number of its undo step>, …} of a task that compensates
begin
    if p_name is not null then
        select greatest(d.step_no - 1, p_after_step_no), d.step_no into v_after, v_last
        from tasker.tasks t
        join tasker.template_steps d on d.template_id = any (array[t.template_id]) and d.name = p_name
        where t.task_id = p_task_id;
    end if;
    select jsonb_object_agg(u.undoes, u.step_no) into v_undo
    from tasker.tasks t
    -- `offset 0`: decision 0113.
    cross join lateral (
        select p.steps_total from tasker.templates p where p.template_id = t.template_id offset 0) p
    cross join lateral (
        select u.undoes, u.step_no from tasker.template_steps u
        where u.template_id = t.template_id and u.step_no >= p.steps_total and u.handler is not null
              and u.undoes > v_after and u.undoes <= v_last offset 0) u
    where t.task_id = p_task_id and t.compensation is not null;
    for v_step in
        select d.name, d.step_no,
               case when (t.state = 'cancelled' or t.error is not null)
                         and coalesce(s.state, 'pending') not in ('complete', 'failed', 'skipped')
                    then 'cancelled' else coalesce(s.state, case when d.parents = '{}' then 'enqueued'::tasker.step_state
                                                    else 'pending' end)::text end,
               coalesce(s.failures + (s.state = 'complete' and r.resolved_by is null
                                      or s.state = 'in_progress' and t.state <> 'cancelled')::int, 0),
               d.max_attempts + coalesce(s.old_failures, 0),
               -- After a retry, the delivery of a map is above those of its earlier items.
               case d.kind when 'map' then 0 else coalesce(s.delivery, 0) end, coalesce(s.lost_leases, 0),
               coalesce((select json_agg(n.name order by u.step_no)
                         from unnest(d.parents) u(step_no)
                         cross join lateral (
                             select n.name from tasker.template_steps n
                             where n.template_id = d.template_id and n.step_no = u.step_no offset 0) n), '[]'),
               coalesce(s.enqueued_at, case when d.parents = '{}' then t.created_at end), s.started_at, s.finished_at, w.name, s.result, s.error,
               case when s.state = 'waiting_for_retry' then 'retry'
                    when s.state = 'waiting' and exists (
                        select from tasker.timers r
                        where r.task_id = p_task_id and r.step_no = d.step_no and r.kind = 'again')
                    then case when s.failures > 0 then 'retry' else 'time' end
                    when s.state = 'waiting' then case d.kind when 'signal' then 'signal' when 'map' then 'items'
                                                              when 'workflow' then 'children'
                                                              when 'handler' then case when d.repeat is null
                                                                  then 'children' else 'time' end
                                                              else 'time' end end,
               case when s.state in ('waiting_for_retry', 'waiting') then (
                   select tasker.shown_due(min(r.due_at)) from tasker.timers r
                   where r.task_id = p_task_id and r.step_no = d.step_no and r.kind not in ('child', 'child_failed')) end,
               m.items_total, m.items_complete, m.items_failed,
               case when v_undo ? d.step_no::text and tasker.is_undone(p_task_id, d.step_no)
                    then tasker.undo_view(p_task_id, (v_undo ->> d.step_no::text)::int, t.compensation) end,
               to_json(n.progress), n.message,
               case when s.state = 'skipped'
                         or coalesce(s.state, 'pending') = 'pending' and t.steps_failed > 0 and t.error is null
                            and t.state <> 'cancelled'
                    then tasker.step_reason(t.task_id, d.step_no) end,
               case when p_name is not null and s.task_id is not null
                    then tasker.step_history(t.task_id, d.step_no) end,
               d.priority, r.resolved_by
        from tasker.tasks t
        join tasker.template_steps d on d.template_id = any (array[t.template_id])
        left join lateral (
            select * from tasker.steps s
            where s.task_id = p_task_id and s.step_no = d.step_no offset 0) s on true
        left join lateral (
            select * from tasker.maps m
            where d.kind = 'map' and m.task_id = p_task_id and m.step_no = d.step_no offset 0) m on true
        left join lateral (
            select * from tasker.step_progress n
            where s.has_progress and n.task_id = p_task_id and n.step_no = d.step_no offset 0) n on true
        left join lateral (
            select tasker.step_resolution(t.task_id, d.step_no, s.finished_at) as resolved_by
            where t.is_dynamic offset 0) r on true
        left join tasker.workers w on w.worker_id = any (array[s.worker_id])
        where t.task_id = p_task_id and d.step_no > v_after and d.step_no <= v_last and d.undoes is null
        order by d.step_no
        limit p_limit
    loop
        return next v_step;
        v_bytes := v_bytes + coalesce(octet_length(v_step.result::text), 0)
            + coalesce(octet_length(v_step.error::text), 0);
        exit when v_bytes >= p_max_bytes;
    end loop;
end;
$$;
