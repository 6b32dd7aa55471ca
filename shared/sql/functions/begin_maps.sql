-- Begins steps with `map` or `matrix`: adds their items and enqueues the first of them. A map without elements ends
-- immediately, and so does one whose list cannot be read. It has no SET options: it runs under those of its callers.
-- called by: begin_waits, for steps that were just moved to `waiting`.
-- locks: the steps; their items and messages are new.
-- moves: step waiting -> complete | failed; item none -> pending | enqueued | waiting (for its child task).
-- The deliveries of items begin above those of the items that the step had before a retry (forget_maps).
-- cost: a few statements for each map, of which one adds all its items.
create or replace function tasker.begin_maps(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_step  record;
    v_list  record;
    v_total int;
    v_sent  int;
    v_tasks uuid[];
    v_steps int[];
    v_child_tasks uuid[]; -- items with child tasks
    v_child_steps int[];
begin
    for v_step in
        select r.task_id, r.step_no, t.template_id, t.context, d.child_template is not null as has_children, d.matrix,
               (d.map ->> 'over')::jsonpath as over, coalesce((d.map ->> 'batch_size')::int, 1) as batch_size,
               coalesce((d.map ->> 'max_parallel')::int, 0) as max_parallel,
               case when d.map ->> 'on_item_failure' = 'collect' then coalesce(d.map ->> 'max_failures', '100%')
                    else '0' end as max_failures, k.delivery,
               case when d.matrix is null and k.parents_bytes <= tasker.joined_bytes_limit()
                    then coalesce(tasker.parent_results(r.task_id, r.step_no), '{}') end as parents
        from unnest(p_task_ids, p_step_nos) r(task_id, step_no)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = r.task_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = r.step_no offset 0) d
        cross join lateral (
            select s.parents_bytes, s.delivery from tasker.steps s
            where s.task_id = r.task_id and s.step_no = r.step_no offset 0) k
        order by r.task_id, r.step_no
    loop
        if v_step.matrix is null then
            v_list := tasker.map_elements(v_step.over, v_step.parents, v_step.context);
        else
            select v_step.matrix::jsonb as elements, null::json as error into v_list;
        end if;
        if v_list.error is not null or v_list.elements = '[]' then
            update tasker.steps s
            set state = (case when v_list.error is null then 'complete' else 'failed' end)::tasker.step_state,
                result = case when v_list.error is null then '[]'::json end, error = v_list.error, finished_at = v_now
            where s.task_id = any (array[v_step.task_id]) and s.step_no = v_step.step_no;
            continue;
        end if;

        v_total := ceil(jsonb_array_length(v_list.elements)::numeric / v_step.batch_size)::int;
        v_sent := least(v_total, nullif(v_step.max_parallel, 0));
        insert into tasker.maps
            (task_id, step_no, batch_size, max_parallel, most_failures, has_children, items_total, items_sent, items_open)
        values (v_step.task_id, v_step.step_no, v_step.batch_size, v_step.max_parallel,
                case when v_step.max_failures like '%\%'
                     then floor(v_total * rtrim(v_step.max_failures, '%')::numeric / 100)
                     else v_step.max_failures::numeric end,
                v_step.has_children, v_total, v_sent, v_sent);
        insert into tasker.steps
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, delivery, state, enqueued_at, item)
        select v_step.task_id, tasker.item_step(v_step.step_no, i.index), v_step.template_id, true, 0, 0, v_step.delivery,
               (case when i.index >= v_sent then 'pending' when v_step.has_children then 'waiting'
                     else 'enqueued' end)::tasker.step_state,
               case when i.index < v_sent then v_now end,
               case when v_step.batch_size = 1 then i.items -> 0 else json_build_object('items', i.items) end
        from (select ((e.n - 1) / v_step.batch_size)::int as index,
                     json_agg(json_build_object('index', e.n - 1, 'item', e.element) order by e.n) as items
              from jsonb_array_elements(v_list.elements) with ordinality e(element, n)
              group by 1 order by 1) i;
        if v_step.has_children then
            v_child_steps := v_child_steps || array(
                select tasker.item_step(v_step.step_no, i) from generate_series(0, v_sent - 1) i);
            v_child_tasks := v_child_tasks || array_fill(v_step.task_id, array[v_sent]);
            continue;
        end if;
        v_steps := v_steps || array(
            select tasker.item_step(v_step.step_no, i) from generate_series(0, v_sent - 1) i);
        v_tasks := v_tasks || array_fill(v_step.task_id, array[v_sent]);
    end loop;
    if v_child_tasks is not null then
        perform tasker.begin_item_children(v_child_tasks, v_child_steps);
    end if;
    if v_steps is not null then
        perform tasker.enqueue_by_queue(tasker.queues_of(v_tasks, v_steps), v_tasks, v_steps);
    end if;
end;
$$;
