-- Why a step was skipped, or will never run, for people; null for a step that may still run.
-- called by: list_steps. It has no SET options: it runs under those of its caller.
-- cost: four primary-key look-ups, and two for each parent; of a task of which a user resolved steps, its events.
create or replace function tasker.step_reason(p_task_id uuid, p_step_no int) returns text
language plpgsql stable
as $$
declare
    v_step    record;
    v_parents record;
begin
    -- skipped_by: the step that ended the run, if this step is skipped because of that.
    select d.join_rule, d.condition is not null as has_condition, d.parents, d.template_id,
           t.is_dynamic and tasker.step_resolution(t.task_id, p_step_no, s.finished_at) is not null as by_hand,
           tasker.has_ended(t.state) as task_ended, s.state is not distinct from 'skipped' as skipped,
           s.started_at is not null as began, coalesce(s.parents_done = s.parents_total, false) as judged,
           case when tasker.is_skipped_by_end(s.dynamic, s.enqueued_at, s.finished_at, s.parents_done, s.parents_total,
                                              e.started_at)
                then e.name end as skipped_by
    into v_step
    from tasker.tasks t
    -- `any (array[…])` and `offset 0`: decision 0113.
    join tasker.template_steps d on d.template_id = any (array[t.template_id]) and d.step_no = p_step_no
    left join lateral (
        select * from tasker.steps s where s.task_id = t.task_id and s.step_no = p_step_no offset 0) s on true
    left join lateral (
        select n.name, x.started_at from tasker.steps x
        cross join lateral (
            select n.name from tasker.template_steps n
            where n.template_id = t.template_id and n.step_no = tasker.template_step(x.step_no) offset 0) n
        where x.task_id = t.task_id and x.step_no = t.ended_by offset 0) e on s.state = 'skipped'
    where t.task_id = p_task_id;
    select count(*) filter (where p.state = 'complete') as complete,
           min(p.name) filter (where p.is_first and p.failed) as failed,
           min(p.name) filter (where p.is_first and p.never) as never,
           min(p.name) filter (where p.is_first and p.skipped) as skipped
    into v_parents
    from (select n.*, row_number() over (partition by n.failed, n.never, n.skipped order by n.step_no) = 1 as is_first
          from (select d.name, d.step_no, s.state, s.state = 'failed' and not d.allow_failure as failed,
                       coalesce(s.state, 'pending') = 'pending'
                           and (v_step.task_ended
                                or coalesce(s.dynamic and s.parents_done = s.parents_total, false)) as never,
                       s.state = 'skipped' or s.state = 'failed' and d.allow_failure as skipped
                from unnest(v_step.parents) u(step_no)
                -- `offset 0`: decision 0113.
                cross join lateral (
                    select * from tasker.template_steps d
                    where d.template_id = v_step.template_id and d.step_no = u.step_no offset 0) d
                left join lateral (
                    select * from tasker.steps s
                    where s.task_id = p_task_id and s.step_no = u.step_no offset 0) s on true) n) p;
    return case
        when v_step.by_hand then 'a user skipped it'
        when v_step.skipped_by is not null then format('step "%s" ended the run', v_step.skipped_by)
        when v_step.skipped and v_step.began then 'its signal did not come in time'
        when v_step.skipped and v_step.join_rule = 'all_complete' and v_parents.skipped is not null
            then format('step "%s" is not complete', v_parents.skipped)
        when v_step.skipped and v_step.join_rule = 'any_complete' and v_parents.complete = 0
            then 'none of its parents is complete'
        when v_step.skipped and v_step.join_rule = 'any_failed' and v_parents.failed is null and v_parents.never is null
             and v_parents.skipped is null then 'none of its parents failed'
        when v_step.skipped and v_step.has_condition then 'its condition is not met'
        when v_step.join_rule in ('all_complete', 'none_failed') and v_parents.failed is not null
            then format('step "%s" failed', v_parents.failed)
        when v_step.join_rule in ('all_complete', 'none_failed') and v_parents.never is not null
            then format('step "%s" will not run', v_parents.never)
        when v_step.join_rule = 'any_complete' and v_parents.complete = 0 and v_step.judged
            then 'none of its parents is complete'
    end;
end;
$$;
