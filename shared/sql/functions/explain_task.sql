-- Why a task is in its state, and what each step that has not ended waits for, in sentences for people.
-- called by: the orchestrator (GET /v1/tasks/{id}/explanation).
-- returns: no row for an unknown task; else a row for the task (step is null), then rows for up to 100 steps in their
--   order.
-- cost: reads the steps of the task.
create or replace function tasker.explain_task(p_task_id uuid)
returns table (step text, state text, explanation text)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_now    timestamptz := tasker.clock();
    v_task   record;
    v_failure json;
    v_counts record;
    v_pause  text; -- null: the task is not paused
begin
    select t.*, p.namespace, p.steps_total,
           case t.state when 'pending' then tasker.pending_state(t.task_id) else t.state end as shown into v_task
    from tasker.tasks t join tasker.templates p on p.template_id = any (array[t.template_id])
    where t.task_id = p_task_id;
    if not found then
        return;
    end if;
    state := v_task.shown::text;
    if v_task.finished_at is null then
        v_pause := tasker.explain_pause(p_task_id, v_now);
    end if;
    if v_task.compensation = 'running' then
        explanation := coalesce(v_pause || '; ', '') || 'its steps are being undone';
    elsif v_task.shown = 'failed' then
        v_failure := tasker.first_failure(p_task_id);
        explanation := case when v_failure ->> 'step' is null then ''
                            else format('step %s failed: ', v_failure ->> 'step') end
            || left(v_failure ->> 'message', 500);
    elsif tasker.has_ended(v_task.shown) then
        explanation := format('it ended %s ago', tasker.age_text(v_task.finished_at, v_now));
    else
        select count(*) filter (where s.state = 'in_progress') as running,
               count(*) filter (where s.state = 'enqueued' or s.state is null) as enqueued,
               count(*) filter (where s.state in ('waiting', 'waiting_for_retry')) as waiting into v_counts
        from (select d.step_no, d.parents = '{}' as is_root from tasker.template_steps d
              where d.template_id = v_task.template_id and d.step_no < v_task.steps_total offset 0) d
        left join lateral (
            select s.state from tasker.steps s where s.task_id = p_task_id and s.step_no = d.step_no offset 0) s on true
        where s.state is not null or d.is_root;
        explanation := coalesce(v_pause || '; ', '') || format(
            'in progress: %s, enqueued: %s, waiting: %s of its %s steps', v_counts.running, v_counts.enqueued,
            v_counts.waiting, v_task.steps_total)
            || coalesce('; ' || (
                select format('step "%s" ended the run', d.name) from tasker.template_steps d
                where d.template_id = v_task.template_id and d.step_no = tasker.template_step(v_task.ended_by)), '');
    end if;
    return next;
    return query
        select d.name, coalesce(s.state, 'enqueued')::text, e.explanation
        from tasker.template_steps d
        left join lateral (
            select * from tasker.steps s where s.task_id = p_task_id and s.step_no = d.step_no offset 0) s on true
        cross join lateral (
            select case when s.task_id is not null and not tasker.step_has_ended(s.state) and s.state <> 'pending'
                             or s.task_id is null and d.parents = '{}'
                        then tasker.explain_step(
                            d, v_task.namespace, p_task_id, coalesce(s.state, 'enqueued'),
                            coalesce(s.enqueued_at, v_task.created_at), s.started_at, s.worker_id, s.failures,
                            s.old_failures, s.error, v_now, v_pause is not null) end as explanation offset 0) e
        where d.template_id = v_task.template_id and d.step_no < v_task.steps_total
              and not tasker.has_ended(v_task.shown) and e.explanation is not null
        order by d.step_no
        limit 100;
end;
$$;
