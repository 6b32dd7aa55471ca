-- Why tasks failed: their own error, or that of their first step that failed: the one that failed the whole task, if
-- there is one; one with allow_failure only if there is no other. It has no SET options: it runs under those of its
-- callers.
-- called by: first_failure, find_dead_letters, list_dead_letters, dead_letter_groups.
-- returns: a row for each of the tasks that has failed, in the order given. step: null if the error is that of the task.
--   attempts: of the step. reason: why no other attempt was made:
--   timed_out: a time limit passed: of the task, of a signal, or of the step's last attempt
--   stopped: a handler failed the whole task
--   budget_exhausted: the budget was exhausted when the step became ready
--   poison: its worker was lost too often
--   child_failed: a child task failed or was cancelled
--   item_failed: too many items of a map failed
--   exhausted: all attempts were used
--   not_retryable: any other failure
-- Handlers choose the types of their errors, so a type alone decides only where no handler runs.
-- cost: reads the steps of each task, without items of maps.
create or replace function tasker.failures_of(p_task_ids uuid[])
returns table (task_id uuid, step text, attempts int, reason text, error json)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    select t.task_id, f.name, coalesce(f.failures, 0),
           case when t.error is not null then 'timed_out'
                when e.has_stopped then 'stopped'
                when tasker.is_refused(f.error) and tasker.budget_error(t.budget_task) is not null
                    then 'budget_exhausted'
                when f.lost_alone > 0 and f.type = 'lease_lost' then 'poison'
                when f.kind = 'signal' and f.type = 'deadline' or f.timeout_ms is not null and f.type = 'timeout'
                    then 'timed_out'
                when f.kind = 'map' and f.type = 'item_failed' then 'item_failed'
                when c.has_children then 'child_failed'
                when f.retryable and f.failures >= f.max_attempts + coalesce(f.old_failures, 0)
                     and tasker.is_retried(f.retry_only, f.retry_except, f.type)
                    then 'exhausted'
                else 'not_retryable' end,
           coalesce(t.error, f.error)
    -- `offset 0`: decision 0113.
    from unnest(p_task_ids) with ordinality i(task_id, n)
    cross join lateral (
        select * from tasker.tasks t where t.task_id = i.task_id and t.state = 'failed' offset 0) t
    cross join lateral (
        select p.steps_total from tasker.templates p where p.template_id = t.template_id offset 0) p
    left join lateral (
        select d.*, s.failures, s.old_failures, s.lost_alone, s.error, s.error ->> 'type' as type
        from tasker.steps s
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d
        where s.task_id = t.task_id and s.step_no < p.steps_total and s.state = 'failed'
        order by s.step_no is distinct from tasker.template_step(t.ended_by),
                 d.allow_failure and not tasker.is_refused(s.error), s.finished_at, s.step_no
        limit 1) f on t.error is null
    left join lateral (
        select true as has_stopped from tasker.steps e
        where e.task_id = t.task_id and e.step_no = t.ended_by and e.state = 'failed' offset 0) e
        on f.step_no = tasker.template_step(t.ended_by)
    left join lateral (
        select true as has_children from tasker.child_tasks c
        where c.task_id = t.task_id and c.step_no = f.step_no limit 1) c
        on f.type in ('child_failed', 'child_cancelled')
    order by i.n;
end;
$$;
