-- Why a step was skipped, or will never run, for people; null for a step that may still run.
-- called by: list_steps. It has no SET options: it runs under those of its caller.
-- p_ended: the task has ended. p_skipped: the step is skipped, otherwise pending. p_began: it had begun to wait.
-- p_judged: all its parents have ended.
-- cost: two primary-key look-ups for each parent.
create or replace function tasker.step_reason(
    p_task_id uuid, p_ended boolean, p_template_id int, p_step_no int, p_skipped boolean, p_began boolean,
    p_judged boolean) returns text
language plpgsql stable
as $$
declare
    v_step    record;
    v_parents record;
begin
    select d.join_rule, d.condition is not null as has_condition, d.parents into v_step
    from tasker.template_steps d where d.template_id = p_template_id and d.step_no = p_step_no;
    select count(*) filter (where p.state = 'complete') as complete,
           min(p.name) filter (where p.is_first and p.failed) as failed,
           min(p.name) filter (where p.is_first and p.never) as never,
           min(p.name) filter (where p.is_first and p.skipped) as skipped
    into v_parents
    from (select n.*, row_number() over (partition by n.failed, n.never, n.skipped order by n.step_no) = 1 as is_first
          from (select d.name, d.step_no, s.state, s.state = 'failed' and not d.allow_failure as failed,
                       coalesce(s.state, 'pending') = 'pending'
                           and (p_ended or coalesce(s.dynamic and s.parents_done = s.parents_total, false)) as never,
                       s.state = 'skipped' or s.state = 'failed' and d.allow_failure as skipped
                from unnest(v_step.parents) u(step_no)
                -- `offset 0`: decision 0113.
                cross join lateral (
                    select * from tasker.template_steps d
                    where d.template_id = p_template_id and d.step_no = u.step_no offset 0) d
                left join lateral (
                    select * from tasker.steps s
                    where s.task_id = p_task_id and s.step_no = u.step_no offset 0) s on true) n) p;
    return case
        when p_skipped and p_began then 'its signal did not come in time'
        when p_skipped and v_step.join_rule = 'all_complete' and v_parents.skipped is not null
            then format('step "%s" is not complete', v_parents.skipped)
        when p_skipped and v_step.join_rule = 'any_complete' and v_parents.complete = 0 then 'none of its parents is complete'
        when p_skipped and v_step.join_rule = 'any_failed' and v_parents.failed is null and v_parents.never is null
             and v_parents.skipped is null then 'none of its parents failed'
        when p_skipped and v_step.has_condition then 'its condition is not met'
        when p_skipped then null
        when v_step.join_rule in ('all_complete', 'none_failed') and v_parents.failed is not null
            then format('step "%s" failed', v_parents.failed)
        when v_step.join_rule in ('all_complete', 'none_failed') and v_parents.never is not null
            then format('step "%s" will not run', v_parents.never)
        when v_step.join_rule = 'any_complete' and v_parents.complete = 0
             and p_judged then 'none of its parents is complete'
    end;
end;
$$;
