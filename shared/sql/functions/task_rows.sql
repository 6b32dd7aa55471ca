-- Tasks as the API shows them. `result`, once the task is complete: that of the step that ended the run, if one did;
-- that of mapped_result if the template has a `result`; otherwise the results of the complete leaf steps by name, null
-- where they are larger together than joined_bytes_limit(). steps_complete is counted from the steps' rows while a task
-- is open.
-- error: that of the task, or of its first step that failed because the budget is exhausted.
-- started_at: when the first handler of a root started (in a dynamic template: of any step, as roots may be
-- skipped; in a rerun: of any step that was not taken over). The row of a task has it only where the roots' rows no
-- longer do.
-- called by: get_tasks, finished_tasks, list_tasks, update_tasks, lease_steps, children_result, run_hooks, reset_tasks,
--   ended_task. No SET options, so that the planner inlines it.
-- cost: primary-key look-ups, one for each root, two for each leaf if there are several; the steps of a task that is
--   not complete are counted.
create or replace function tasker.task_rows(p_task_ids uuid[]) returns setof tasker.task_view
language sql stable
as $$
    select t.task_id, p.namespace, p.name, p.version,
           case t.state when 'pending' then tasker.pending_state(t.task_id) else t.state end::text,
           t.priority, t.idempotency_key, t.context, p.steps_total,
           case when t.state = 'complete' and not p.is_dynamic and t.is_dynamic is null and t.ended_by is null then p.steps_total
                else (select pg_catalog.count(*)::int from tasker.steps s
                      where s.task_id = t.task_id and s.step_no < p.steps_total and s.state = 'complete') end,
           t.steps_failed, t.created_at,
           least(t.started_at,
                 case when p.is_dynamic or t.rerun_of is not null
                      then (select pg_catalog.min(s.started_at) from tasker.steps s
                            where s.task_id = t.task_id and s.step_no < p.steps_total
                              and (t.rerun_of is null or s.started_at >= t.created_at))
                      else (select pg_catalog.min(s.started_at)
                            from pg_catalog.unnest(p.roots) r(step_no)
                            -- `offset 0`: decision 0113.
                            cross join lateral (
                                select s.started_at from tasker.steps s
                                where s.task_id = t.task_id and s.step_no = r.step_no offset 0) s) end),
           t.finished_at,
           case when t.state = 'complete' and t.ended_by is not null
                then (select s.result from tasker.steps s where s.task_id = t.task_id and s.step_no = t.ended_by)
                when t.state = 'complete' and p.result is not null
                then tasker.mapped_result(t.task_id, p.result, t.context)
                when t.state = 'complete' and (
               pg_catalog.cardinality(p.leaves) = 1
               or (select coalesce(pg_catalog.sum(pg_catalog.octet_length(s.result::text)), 0)
                   from tasker.steps s
                   where s.task_id = t.task_id and s.step_no = any (p.leaves))
                  <= tasker.joined_bytes_limit()) then (
               select coalesce(pg_catalog.json_object_agg(
                   (select n.name from tasker.template_steps n
                    where n.template_id = t.template_id and n.step_no = l.step_no),
                   coalesce(s.result, 'null')), '{}')
               from pg_catalog.unnest(p.leaves) l(step_no)
               cross join lateral (
                   select * from tasker.steps s
                   where s.task_id = t.task_id and s.step_no = l.step_no offset 0) s
               where s.state = 'complete')
           end,
           t.parent_task,
           case when t.parent_task is not null then (
               select d.name || coalesce('[' || tasker.item_index(t.parent_step) || ']', '') from tasker.tasks u
               join tasker.template_steps d on d.template_id = u.template_id
                    and d.step_no = tasker.template_step(t.parent_step)
               where u.task_id = t.parent_task) end,
           nullif(t.child_key, ''),
           t.compensation::text,
           case when t.state = 'failed' and t.budget_task is not null and tasker.budget_error(t.budget_task) is not null
                then coalesce(t.error, (
                    select s.error from tasker.steps s
                    where s.task_id = t.task_id and s.step_no < p.steps_total and s.state = 'failed'
                      and tasker.is_refused(s.error)
                    order by s.finished_at, s.step_no limit 1))
                else t.error end,
           t.labels::json,
           case when t.has_hooks then (
               select l.task_id from tasker.task_labels l
               where l.name = 'tasker.hook_of' and l.value = t.task_id::text
               order by l.task_id desc limit 1) end,
           case when t.budget_task = t.task_id then t.budget::json end, t.spent::json,
           case when t.retries is not null then (
               select pg_catalog.json_agg(pg_catalog.json_build_object(
                   'at', tasker.utc_text(e.at), 'by', e.by, 'reason', e.reason) order by e.event_id)
               from tasker.task_events e where e.task_id = t.task_id and e.kind = 'retry') end,
           t.finished_at is null and exists (select from tasker.pauses)
               and exists (select from tasker.pauses_of(array[t.task_id])),
           t.rerun_of,
           case when t.reruns is not null then (
               select pg_catalog.json_agg(pg_catalog.json_build_object(
                   'task_id', e.detail -> 'task_id', 'from', e.detail -> 'from', 'at', tasker.utc_text(e.at),
                   'by', e.by, 'reason', e.reason) order by e.event_id)
               from tasker.task_events e where e.task_id = t.task_id and e.kind = 'rerun_as') end
    from pg_catalog.unnest(p_task_ids) with ordinality i(task_id, n)
    join tasker.tasks t on t.task_id = any (array[i.task_id])
    join tasker.templates p on p.template_id = any (array[t.template_id])
    order by i.n
$$;
