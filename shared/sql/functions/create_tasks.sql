-- Creates tasks and enqueues their roots, all in one transaction. Sending the same batch again (after a
-- commit in doubt) changes nothing.
-- p_keys: idempotency keys, null elements for none; a key is unique in its namespace, and is bound to
--   template, version if named, priority, context and labels. p_versions: the versions as the caller named them,
--   null elements (or null) where the newest was asked for; only keys look at them. p_atomic: raise TK004 for a key
--   reused with another body, instead of reporting it.
-- p_parents, p_parent_steps, p_child_keys: of child tasks, see tasks; null for others. p_depths: also of hook tasks.
-- p_labels: JSON objects of texts, null elements (or an empty array) for none.
-- p_filled: the contexts to store instead of those in p_contexts, null elements (or an empty array) for none:
--   they have the defaults of the input schema.
-- p_start: false: the caller starts the steps (rerun_task).
-- called by: the orchestrator; create_task; create_children; run_hooks; rerun_task.
-- returns: a row (0, null, 'created', time) for all new tasks; then a row for each task that is not new:
--   its 1-based ordinal, the existing task's id, 'existing' or 'conflict', that task's created_at.
-- A root gets its row when it is claimed (decision 0120).
-- locks: idempotency keys (ordered), tasks (new rows only), queues.
-- moves: task none -> pending; root step none -> enqueued (without a row); see
--   start_dynamic.
-- raises: TK001 bad arguments, TK002 unknown template, TK004.
create or replace function tasker.create_tasks(
    p_task_ids uuid[], p_template_ids int[], p_priorities int2[], p_contexts text[], p_keys text[],
    p_atomic boolean default false, p_versions text[] default null, p_parents uuid[] default null,
    p_parent_steps int[] default null, p_child_keys text[] default null, p_depths int2[] default null,
    p_filled text[] default '{}', p_labels text[] default '{}', p_start boolean default true)
returns table (ordinal int, task_id uuid, outcome text, created_at timestamptz)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_now         timestamptz := tasker.clock();
    v_count       int := cardinality(p_task_ids);
    v_unknown     int;
    v_old         int[] := '{}'::int[];
    v_new         record;
    v_dynamic     boolean; -- some roots have conditions or priorities, or are no handlers
    v_limited     uuid[];  -- tasks with a time limit
    v_start       record;
    v_queues      text[];
    v_tasks       uuid[];
    v_steps       int[];
begin
    if v_count is null or v_count <> cardinality(p_template_ids) or v_count <> cardinality(p_priorities)
       or v_count <> cardinality(p_contexts) or v_count <> cardinality(p_keys)
       or v_count <> cardinality(p_versions) or (p_labels <> '{}' and v_count <> cardinality(p_labels)) then
        raise exception 'create_tasks: all arrays must have the same length' using errcode = 'TK001';
    end if;
    select i.id into v_unknown from (select distinct unnest(p_template_ids) as id) i
    where not exists (select from tasker.templates t where t.template_id = i.id offset 0) limit 1;
    if found then
        raise exception 'unknown template id %', v_unknown using errcode = 'TK002';
    end if;

    return query select 0, null::uuid, 'created', v_now;
    if array_length(array_remove(p_keys, null), 1) > 0 then
        for v_new in
            select * from tasker.keep_keys(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys, p_versions,
                                           p_labels)
        loop
            if p_atomic and not v_new.same then
                raise exception 'idempotency key "%" was used before with another body', v_new.key
                    using errcode = 'TK004', detail = format('ordinal %s', v_new.n);
            end if;
            v_old := v_old || v_new.n;
            return query select v_new.n, v_new.task_id,
                                case when v_new.same then 'existing' else 'conflict' end,
                                coalesce(v_new.at, v_now);
        end loop;
    end if;

    with task as (
        insert into tasker.tasks
            (task_id, template_id, state, priority, steps_active, steps_waiting, steps_failed,
             created_at, idempotency_key, labels, context, parent_task, parent_step, child_key, depth, has_hooks,
             budget_task, budget)
        select i.task_id, i.template_id, 'pending', i.priority, cardinality(t.roots), 0, 0, v_now,
               i.key, i.labels::jsonb, coalesce(i.filled, i.context)::json, i.parent, i.parent_step, i.child_key, i.depth,
               case when t.hooks is not null then true when t.timeout_ms is not null then false end,
               coalesce(case when i.parent is not null then (
                            select p.budget_task from tasker.tasks p where p.task_id = i.parent) end,
                        case when t.budget is not null then i.task_id end),
               t.budget
        from unnest(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys, p_labels, p_filled, p_parents,
                    p_parent_steps, p_child_keys, p_depths) with ordinality
                 as i(task_id, template_id, priority, context, key, labels, filled, parent, parent_step, child_key,
                      depth, n)
        join tasker.templates t on t.template_id = any (array[i.template_id])
        where i.n::int <> all (v_old)
        on conflict do nothing
        returning task_id, template_id, priority, budget_task
    )
    select array_agg(tasker.queue_name(t.namespace, task.priority)), array_agg(task.task_id),
           array_agg(r.step_no),
           bool_or(t.has_dynamic_roots or task.budget_task <> task.task_id), -- child tasks: the budget may be exhausted
           array_agg(task.task_id) filter (where t.timeout_ms is not null and r.step_no = t.roots[1])
    into v_queues, v_tasks, v_steps, v_dynamic, v_limited
    from task
    join tasker.templates t on t.template_id = any (array[task.template_id])
    cross join lateral unnest(t.roots) r(step_no);
    if v_limited is not null then
        perform tasker.start_deadlines(v_limited);
    end if;
    if array_length(array_remove(p_labels, null), 1) > 0 then
        perform tasker.list_labels(v_tasks);
    end if;
    if not p_start then
        return;
    elsif v_dynamic then
        v_start := tasker.start_dynamic(v_tasks, v_steps);
        v_tasks := v_start.task_ids;
        v_steps := v_start.step_nos;
        v_queues := tasker.queues_of(v_tasks, v_steps);
    end if;
    perform tasker.enqueue_by_queue(v_queues, v_tasks, v_steps);
end;
$$;
