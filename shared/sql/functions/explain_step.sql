-- What a step that is ready, runs or waits is waiting for, in a sentence without its subject.
-- called by: explain_task. It has no SET options: it runs under those of its caller.
-- p_paused: the task is paused. p_namespace: of the template. The other parameters are those of the step's row.
-- cost: primary-key look-ups, and reads all workers for a step that is enqueued.
create or replace function tasker.explain_step(
    p_definition tasker.template_steps, p_namespace text, p_task_id uuid, p_state tasker.step_state,
    p_enqueued_at timestamptz, p_started_at timestamptz, p_worker_id int, p_failures int, p_old_failures int,
    p_error json, p_now timestamptz, p_paused boolean) returns text
language plpgsql stable
as $$
declare
    v_worker tasker.workers;
    v_map    tasker.maps;
    v_due    timestamptz;
    v_again  boolean; -- it waits for its next attempt
    v_open   bigint;
begin
    if p_state = 'enqueued' then
        if p_paused then
            return 'begins after the pause';
        end if;
        if tasker.is_served(p_namespace) then
            return format('waits for a free worker for %s', tasker.age_text(p_enqueued_at, p_now));
        end if;
        select * into v_worker from tasker.workers w where p_namespace = any (w.namespaces)
        order by w.last_seen_at desc limit 1;
        return format('waits for a worker: none serves namespace %s', p_namespace)
            || case when v_worker.name is null then ''
                    when tasker.worker_state(v_worker.last_seen_at, v_worker.ended_at, v_worker.command, p_now)
                         = 'draining' then format('; worker %s is draining', v_worker.name)
                    else format('; the last one was seen %s ago', tasker.age_text(v_worker.last_seen_at, p_now)) end;
    elsif p_state = 'in_progress' then
        select * into v_worker from tasker.workers w where w.worker_id = p_worker_id;
        if not found then
            return 'its worker is gone, and it runs again when its lease ends';
        end if;
        return case when p_started_at is null then format('worker %s will run it', v_worker.name)
                    else format('runs on worker %s for %s', v_worker.name,
                                tasker.age_text(p_started_at, p_now)) end
            || case when v_worker.last_seen_at < p_now - interval '30 seconds'
                    then format('; the worker was last seen %s ago, and the step runs again when its lease ends',
                                tasker.age_text(v_worker.last_seen_at, p_now))
                    else '' end;
    end if;
    select tasker.shown_due(min(r.due_at)), bool_or(r.kind = 'again') into v_due, v_again from tasker.timers r
    where r.task_id = p_task_id and r.step_no = p_definition.step_no and r.kind not in ('child', 'child_failed');
    if p_state = 'waiting_for_retry' or v_again and p_failures > 0 then
        return format('attempt %s of %s begins at %s; the last error was: %s', p_failures + 1,
                      p_definition.max_attempts + coalesce(p_old_failures, 0), tasker.utc_text(v_due), left(p_error ->> 'message', 500));
    elsif p_definition.kind = 'signal' then
        return format('waits for signal %s', p_definition.signal ->> 'name')
            || coalesce((select format(' with the key %s', w.key) from tasker.signal_waits w
                         where w.task_id = p_task_id and w.step_no = p_definition.step_no and w.key is not null), '')
            || case when v_due is null then '' else ' until ' || tasker.utc_text(v_due) end;
    elsif p_definition.kind = 'map' then
        select * into v_map from tasker.maps m where m.task_id = p_task_id and m.step_no = p_definition.step_no;
        return format('waits for its items: %s of %s are complete, %s failed', v_map.items_complete, v_map.items_total,
                      v_map.items_failed);
    elsif v_due is not null then
        return format('waits until %s', tasker.utc_text(v_due));
    end if;
    select count(*) into v_open
    from tasker.child_tasks c
    -- `offset 0`: decision 0113.
    cross join lateral (
        select from tasker.tasks t where t.task_id = c.child_id and t.finished_at is null offset 0) t
    where c.task_id = p_task_id and c.step_no = p_definition.step_no and c.attempt = p_failures;
    return case v_open when 0 then 'its child tasks have ended, and it ends next' when 1 then 'waits for a child task' else format('waits for %s child tasks', v_open) end;
end;
$$;
