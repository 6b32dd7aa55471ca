-- Ends the runs of tasks whose steps report `finish` or `fail_task`: what has not started is skipped, and open child
-- tasks are cancelled and undone. Steps in progress continue, but start nothing, as all steps have a row that is not
-- pending. The caller stores the reports themselves.
-- called by: accept_reports, as its first call, if there are such reports. The arguments are those of finish_steps.
-- returns: the outcomes and payloads to store: an undo step that ends a run fails.
-- locks: the open steps of the tasks and the reported steps (lock_runs), the tasks (task_id), then the child tasks as
--   cancel_tasks. Since later locks may be below earlier ones, each wait is bounded: after it, the function releases
--   its locks and starts again.
-- raises: lock_not_available after 20 attempts.
-- moves: see skip_steps, cancel_tasks.
-- cost: a row for each step of the template, and look-ups of all open steps.
create or replace function tasker.end_runs(
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_outcomes tasker.outcome[], p_payloads text[],
    out outcomes tasker.outcome[], out payloads text[])
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
declare
    c_most_tries constant int := 20;
    v_try   int := 1;
    v_now   timestamptz := tasker.clock();
    v_ends  record; -- the reports that end a run
    v_ended uuid[]; -- the tasks whose run this call ends
begin
    with judged as materialized (
        select i.*, i.outcome in ('finish', 'fail_task') as ends, i.outcome = 'finish' and d.undoes is not null as is_refused,
               d.undoes is not null as is_undo
        from unnest(p_task_ids, p_step_nos, p_outcomes, p_payloads) with ordinality
                 i(task_id, step_no, outcome, payload, n)
        -- `offset 0`: decision 0113.
        left join lateral (
            select s.template_id from tasker.steps s
            where s.task_id = i.task_id and s.step_no = i.step_no offset 0) s on i.outcome in ('finish', 'fail_task')
        left join lateral (
            select d.undoes from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = tasker.template_step(i.step_no) offset 0) d on true
    )
    select array_agg(case when j.is_undo then 'permanent_failure' else j.outcome end order by j.n),
           array_agg(case when j.is_refused
                          then '{"type": "invalid_finish", "message": "a handler of compensate cannot finish its task"}'
                          else j.payload end order by j.n)
    into outcomes, payloads from judged j;
    select array_agg(i.task_id order by i.n) as tasks, array_agg(i.step_no order by i.n) as steps,
           array_agg(i.delivery order by i.n) as deliveries, array_agg(i.outcome order by i.n) as outcomes
    into v_ends
    from unnest(p_task_ids, p_step_nos, p_deliveries, outcomes) with ordinality i(task_id, step_no, delivery, outcome, n)
    where i.outcome in ('finish', 'fail_task');
    if v_ends.tasks is null then
        return;
    end if;
    loop
        begin
            perform tasker.lock_runs(v_ends.tasks, p_task_ids, p_step_nos);
            v_ended := tasker.mark_ended(v_ends.tasks, v_ends.steps, v_ends.deliveries, v_ends.outcomes);
            if v_ended <> '{}' then
                -- Steps without a row, so that no report adds one.
                insert into tasker.steps
                    (task_id, step_no, template_id, dynamic, parents_total, parents_done, state, finished_at)
                select t.task_id, d.step_no, d.template_id, p.is_dynamic or t.budget_task is not null,
                       cardinality(d.parents), 0, 'skipped'::tasker.step_state, v_now
                from unnest(v_ended) o(task_id)
                cross join lateral (select * from tasker.tasks t where t.task_id = o.task_id offset 0) t
                cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
                cross join lateral (
                    select * from tasker.template_steps d
                    where d.template_id = t.template_id and d.step_no < p.steps_total offset 0) d
                order by t.task_id, d.step_no
                on conflict do nothing;
                perform tasker.skip_steps(v_ended);
                perform tasker.cancel_children(v_ended);
            end if;
            exit;
        exception when lock_not_available then
            if v_try = c_most_tries then
                raise;
            end if;
            v_try := v_try + 1;
        end;
    end loop;
end;
$$;
