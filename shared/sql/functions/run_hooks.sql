-- Creates the hook tasks of tasks that have just ended: what `on_failure` and `on_complete` of their templates name.
-- Cancelled tasks have none, and tasks at the greatest depth. A second call for the same end changes nothing.
-- The context of a hook task describes the task that ended; of a webhook, it has the address too (tasker.webhook).
-- called by: end_tasks, update_tasks, resume_compensation, which hold the tasks' locks.
-- p_task_ids: tasks that ended, some of them may have hooks.
-- locks: new tasks, see create_tasks.
-- moves: task none -> pending, see create_tasks.
-- cost: primary-key look-ups, and what task_rows reads.
create or replace function tasker.run_hooks(p_task_ids uuid[]) returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    c_most_result constant int := 1048576; -- bytes; a larger result is left out of the context
    v_ended uuid[]; -- those that have a hook
    v_new   record;
begin
    select array_agg(i.task_id) into v_ended
    from unnest(p_task_ids) i(task_id)
    -- `offset 0`: decision 0113.
    cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
    cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
    where t.has_hooks and p.hooks -> t.state::text is not null and tasker.depth_problem(t.depth) is null;
    if v_ended is null then
        return;
    end if;
    select array_agg(tasker.hook_task_id(v.task_id, v.finished_at)) as task_ids,
           array_agg((h.hook ->> 'template_id')::int) as template_ids,
           array_agg(v.priority) as priorities,
           array_agg((case when h.hook -> 'url' is null then d.document
                           else json_build_object('event', 'task.' || v.state, 'url', h.hook -> 'url', 'secret',
                                                  h.hook -> 'secret', 'task', d.document) end)::text) as contexts,
           array_agg(null::text) as keys,
           array_agg((coalesce(t.depth, 0) + 1)::int2) as depths,
           array_agg(json_build_object('tasker.hook_of', v.task_id)::text) as labels
    into v_new
    from tasker.task_rows(v_ended) v
    cross join lateral (select * from tasker.tasks t where t.task_id = v.task_id offset 0) t
    cross join lateral (
        select p.hooks -> v.state as hook from tasker.templates p where p.template_id = t.template_id offset 0) h
    cross join lateral (
        select json_build_object(
            'task_id', v.task_id,
            'template', json_build_object('name', v.name, 'namespace', v.namespace, 'version', v.version),
            'state', v.state,
            'created_at', tasker.utc_text(v.created_at),
            'finished_at', tasker.utc_text(v.finished_at),
            'compensation', v.compensation,
            'error', case v.state when 'failed' then tasker.first_failure(v.task_id) end,
            'result', case when octet_length(v.result::text) <= c_most_result then v.result end,
            'labels', coalesce(v.labels, '{}')) as document offset 0) d;
    perform from tasker.create_tasks(
        v_new.task_ids, v_new.template_ids, v_new.priorities, v_new.contexts, v_new.keys,
        p_depths => v_new.depths, p_labels => v_new.labels);
end;
$$;
