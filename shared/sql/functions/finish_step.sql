-- finish_steps for one step that succeeded and has at most one child, in a template that is not dynamic: the usual case
-- of an idle system, in a few statements by primary key, for a third of the set-based function's cost. What it does not
-- cover goes to finish_steps. Arguments, rows returned, locks and moves: see there.
-- called by: the worker.
create or replace function tasker.finish_step(
    p_queue text, p_worker int, p_lease_s int, p_take int,
    p_task_id uuid, p_step_no int, p_delivery int, p_msg_id bigint, p_result text,
    p_ran_us int)
returns setof tasker.claimed_step
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now      timestamptz := tasker.clock();
    v_template int;
    v_children int[];
    v_total    int;         -- the child's parents
    v_done     int;
    v_dynamic  boolean;
    v_noted    boolean;     -- it has noted progress
    v_stored   boolean := false; -- here, and not by finish_steps
    v_ready    boolean := false;
    v_taken    boolean := false;
    v_task     record;      -- after the update of its row
begin
    select o.template_id, o.children, o.child_parents[1], s.dynamic into v_template, v_children, v_total, v_dynamic
    from tasker.steps s
    join tasker.template_steps o on o.template_id = s.template_id and o.step_no = tasker.template_step(s.step_no)
    where s.task_id = p_task_id and s.step_no = p_step_no and s.delivery = p_delivery
      and s.state = 'in_progress';
    if found and not v_dynamic and cardinality(v_children) <= 1 then
        update tasker.steps s
        set state = 'complete', finished_at = v_now, result = p_result::json, error = null,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, v_now - p_ran_us * interval '1 microsecond'))
        where s.task_id = p_task_id and s.step_no = p_step_no and s.delivery = p_delivery
          and s.state = 'in_progress' and not s.dynamic -- a user may just have resolved a step
        returning s.has_progress into v_noted;
        v_stored := found;
    end if;
    if not v_stored then
        return query select * from tasker.finish_steps(
            p_queue, p_worker, p_lease_s, p_take, array[p_task_id], array[p_step_no], array[p_delivery],
            array[p_msg_id], array['success'::tasker.outcome], array[p_result], array[null::int], array[p_ran_us]);
        return;
    end if;
    if v_noted then
        perform tasker.forget_progress(array[p_task_id], array[p_step_no]);
    end if;

    -- See advance_steps: the upsert serialises parents that finish at the same time.
    if cardinality(v_children) = 1 then
        insert into tasker.steps as s
            (task_id, step_no, template_id, parents_total, parents_done, parents_bytes, state)
        values (p_task_id, v_children[1], v_template, v_total, 1, coalesce(octet_length(p_result), 0), 'pending')
        on conflict (task_id, step_no) do update
        set parents_done = s.parents_done + 1,
            parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int,
            alone = false -- see advance_steps
        returning s.parents_done into v_done;
        if v_done = v_total then
            v_now := tasker.clock();
            update tasker.steps s
            set state = (case when p_take > 0 then 'in_progress' else 'enqueued' end)::tasker.step_state,
                enqueued_at = v_now,
                delivery = s.delivery + case when p_take > 0 then 1 else 0 end,
                worker_id = case when p_take > 0 then p_worker end
            where s.task_id = p_task_id and s.step_no = v_children[1] and s.state = 'pending';
            v_ready := found; -- a cancelled child stays so
            v_taken := v_ready and p_take > 0;
        end if;
    end if;

    if not v_ready then
        update tasker.tasks t
        set steps_active = t.steps_active - 1,
            state = tasker.task_state_of(t.steps_active - 1, t.steps_waiting, t.steps_failed),
            finished_at = case when t.steps_active = 1 and t.steps_waiting = 0 then tasker.clock() end
        where t.task_id = p_task_id and not tasker.has_ended(t.state)
        returning t.state, t.parent_task is not null as is_child, t.has_hooks, t.ended_by is not null as hold into v_task;
    end if;

    if v_taken then
        -- Decision 0104.
        execute format('select tasker_queues.%I($1, $2, $3, $4)', 'replace_' || p_queue)
        using array[p_msg_id], array[p_task_id], v_children, p_lease_s;
        return query
            select * from tasker.claimed_rows(p_queue, array[p_msg_id], array[p_task_id], v_children);
        return;
    end if;
    execute format('select tasker_queues.%I($1)', 'delete_' || p_queue) using array[p_msg_id];
    if v_ready then
        perform tasker.enqueue_steps(p_queue, array[p_task_id], v_children);
    elsif v_task.state in ('failed', 'complete') then
        perform tasker.end_tasks(
            array[p_task_id], v_task.state, v_task.is_child, v_task.has_hooks, true, v_task.hold);
    end if;
end;
$$;
