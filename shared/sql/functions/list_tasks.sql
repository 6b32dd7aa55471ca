-- Tasks by filter, newest first; a null filter means any.
-- p_before_id: the last task of the previous page; null for the first page.
-- p_max_bytes: the page ends with the task that brings contexts and results to this size, even if
--   p_limit would allow more, so that no program has to hold a thousand large ones.
-- p_parent: only its child tasks; otherwise child tasks are listed only with p_children.
-- p_labels: {"team": "a"}: the task has all of them.
-- p_context_pointer, p_context_value: see search_contexts.
-- raises: TK001, see search_contexts.
-- called by: the orchestrator (GET /v1/tasks, /v1/tasks/{id}/children).
-- cost: child tasks of a parent come from a separate table. Failed and cancelled tasks come from a separate table,
--   waiting ones from the timers, pending and running ones from the queues if these are short. Others: walks the tasks
--   of the rarest label, or all tasks, backwards by primary key (ids are ordered by creation time) until the page is
--   full; the page's start and the time filters bound that walk.
create or replace function tasker.list_tasks(
    p_namespace text, p_name text, p_version text, p_state tasker.task_state,
    p_created_after timestamptz, p_created_before timestamptz, p_before_id uuid, p_limit int,
    p_max_bytes bigint default 8388608, p_parent uuid default null, p_children boolean default false,
    p_labels jsonb default null, p_context_pointer text default null, p_context_value text default null)
returns setof tasker.task_view
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_floor   uuid := tasker.uuid_v7_floor(coalesce(p_created_after, '-infinity') - interval '1 minute');
    -- The page's start is a bound of the index, not a filter: a later page costs as much as the
    -- first.
    v_ceiling uuid := least(
        tasker.uuid_v7_floor(coalesce(p_created_before, 'infinity') + interval '1 minute'), p_before_id);
    c_most_messages constant int := 10000; -- more take longer to read than a page of the newest tasks
    c_most_contexts constant int := 10000; -- that are read
    v_limit   int := case when p_context_pointer is null then p_limit else c_most_contexts + 1 end;
    v_children boolean := p_children or p_parent is not null;
    v_label   record;  -- the one that the fewest tasks have
    v_templates int[]; -- null: any
    v_open    uuid[];  -- contains all tasks in these states, or of this parent; null: unknown
    v_ids     uuid[];
    v_task    tasker.task_view;
    v_bytes   bigint := 0::bigint;
begin
    if p_namespace is not null or p_name is not null or p_version is not null then
        v_templates := array(select tasker.find_templates(p_namespace, p_name, p_version));
        if v_templates = '{}' then
            return;
        end if;
    end if;
    if p_parent is not null then
        v_open := array(select distinct c.child_id from tasker.child_tasks c where c.task_id = p_parent);
    elsif p_state in ('pending', 'running') then
        v_open := tasker.open_tasks(p_namespace, v_floor, c_most_messages);
    elsif p_state = 'waiting' then
        v_open := array(select d.task_id from tasker.timers d
                        where d.task_id between v_floor and v_ceiling and d.step_no >= 0
                        union
                        select w.task_id from tasker.signal_waits w where w.task_id between v_floor and v_ceiling);
    end if;
    -- Apart from the rows: the planner inlines no function that has a sub-select among its arguments.
    if p_state in ('failed', 'cancelled') and p_parent is null then
        v_ids := array(
            select u.task_id
            from tasker.unsuccessful_tasks u
            cross join lateral (select * from tasker.tasks t where t.task_id = u.task_id offset 0) t
            where u.state = p_state and u.task_id between v_floor and v_ceiling
              and u.task_id is distinct from p_before_id
              and tasker.is_listed(t.task_id, t.template_id, t.state, t.created_at, t.parent_task, t.labels,
                                   v_templates, p_state, p_created_after, p_created_before, v_children, p_labels)
            order by u.task_id desc
            limit v_limit);
    elsif v_open is not null then
        v_ids := array(
            select u.task_id
            from (select o.task_id from unnest(v_open) o(task_id)
                  where o.task_id between v_floor and v_ceiling order by o.task_id desc offset 0) u
            cross join lateral (select * from tasker.tasks t where t.task_id = u.task_id offset 0) t
            where u.task_id is distinct from p_before_id
              and tasker.is_listed(t.task_id, t.template_id, t.state, t.created_at, t.parent_task, t.labels,
                                   v_templates, p_state, p_created_after, p_created_before, v_children, p_labels)
            order by u.task_id desc
            limit v_limit);
    elsif p_labels is not null then
        v_label := tasker.rarest_label(p_labels);
        v_ids := array(
            select u.task_id
            from tasker.task_labels u
            cross join lateral (select * from tasker.tasks t where t.task_id = u.task_id offset 0) t
            where u.name = v_label.name and u.value = v_label.value
              and u.task_id between v_floor and v_ceiling and u.task_id is distinct from p_before_id
              and tasker.is_listed(t.task_id, t.template_id, t.state, t.created_at, t.parent_task, t.labels,
                                   v_templates, p_state, p_created_after, p_created_before, v_children, p_labels)
            order by u.task_id desc
            limit v_limit);
    else
        v_ids := array(
            select t.task_id
            from tasker.tasks t
            where t.task_id between v_floor and v_ceiling and t.task_id is distinct from p_before_id
              and tasker.is_listed(t.task_id, t.template_id, t.state, t.created_at, t.parent_task, t.labels,
                                   v_templates, p_state, p_created_after, p_created_before, v_children, p_labels)
            order by t.task_id desc
            limit v_limit);
    end if;
    if p_context_pointer is not null then
        v_ids := tasker.search_contexts(v_ids, p_context_pointer, p_context_value, v_limit - 1, p_limit);
    end if;
    for v_task in select * from tasker.task_rows(v_ids) loop
        return next v_task;
        v_bytes := v_bytes + octet_length(v_task.context::text)
            + coalesce(octet_length(v_task.result::text), 0);
        exit when v_bytes >= p_max_bytes;
    end loop;
end;
$$;
