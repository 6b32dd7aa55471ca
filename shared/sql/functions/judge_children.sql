-- What becomes of steps, and items of maps, that wait for child tasks, by how the children of their current attempt
-- ended. A step that has to wait longer, or no longer waits, has no row. It has no SET options: it runs under those of
-- its callers.
-- called by: fire_children. The arguments are described there.
-- returns: action: `complete`, `fail`, `retry` (a child failed, and attempts are left), `repeat` (the child does not
--   meet the condition of `repeat`), `again` (the retry or the repetition is due), or `refuse` (it is due, but the
--   budget is exhausted). payload: the result or the error as JSON. wait_ms: how long the retry or the repetition
--   waits.
-- A failed or cancelled child that compensates is still open: the step moves once that has ended.
-- cost: looks at each child of a step once all have ended, or one failed; otherwise from the last key to the first open
--   child.
create or replace function tasker.judge_children(p_task_ids uuid[], p_step_nos int[], p_kinds tasker.timer_kind[])
returns table (task_id uuid, step_no int, kind tasker.step_kind, action text, payload text, wait_ms bigint)
language plpgsql
as $$
#variable_conflict use_column
begin
    return query
    with due as (
        select u.task_id, u.step_no, bool_or(u.kind = 'again') as again, bool_or(u.kind = 'child_failed') as failed
        from unnest(p_task_ids, p_step_nos, p_kinds) u(task_id, step_no, kind)
        group by u.task_id, u.step_no
    ), ended as materialized (
        select w.task_id, w.step_no, w.again, s.failures, s.failures - coalesce(s.old_failures, 0) as new_failures,
               case when d.child_template is null then d.kind else 'workflow' end as kind, d.backoff, d.backoff_base_ms, d.max_backoff_ms,
               d.retryable and s.failures + 1 < d.max_attempts + coalesce(s.old_failures, 0) as may_retry,
               d.retry_only, d.retry_except, d.jitter, d.repeat, d.undoes,
               e.total, e.open, e.failed, e.cancelled
        from due w
        -- `offset 0`: decision 0113.
        cross join lateral (
            select * from tasker.steps s
            where s.task_id = w.task_id and s.step_no = w.step_no and s.state = 'waiting' offset 0) s
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = tasker.template_step(s.step_no) offset 0) d
        left join lateral (
            select c.key from tasker.child_tasks c
            cross join lateral (
                select from tasker.tasks t where t.task_id = c.child_id and t.finished_at is null offset 0) t
            where c.task_id = w.task_id and c.step_no = w.step_no and c.attempt = s.failures
            order by c.key desc limit 1) o on not w.failed
        cross join lateral (
            select count(*) as total, count(*) filter (where t.finished_at is null) as open,
                   (array_agg(t.task_id order by c.key) filter (where t.state = 'failed' and not c.collect))[1]
                       as failed,
                   (array_agg(t.task_id order by c.key) filter (where t.state = 'cancelled' and not c.collect))[1]
                       as cancelled
            from tasker.child_tasks c
            cross join lateral (select * from tasker.tasks t where t.task_id = c.child_id offset 0) t
            where c.task_id = w.task_id and c.step_no = w.step_no and c.attempt = s.failures) e
        where o.key is null
    ), judged as (
        select e.*,
               case when e.open > 0 then null
                    when e.total = 0 then case when e.again then 'again' end
                    -- First: cancel_siblings cancelled the others because of it.
                    when e.failed is not null then case
                        when e.may_retry
                             and tasker.is_retried(e.retry_only, e.retry_except, tasker.child_error(e.failed) ->> 'type')
                             and not tasker.is_refused(tasker.child_error(e.failed))
                        then 'retry' else 'fail' end
                    when e.cancelled is not null then 'fail'
                    else 'complete' end as action
        from ended e
    )
    select j.task_id, j.step_no, j.kind,
           case when b.refused is not null then 'refuse'
                when j.action <> 'complete' then j.action
                when r.result is null or o.error is not null then 'fail'
                when not o.is_met then 'repeat'
                else 'complete' end,
           case when j.action = 'again' then b.refused::text
                when j.action in ('fail', 'retry') then tasker.child_error(coalesce(j.failed, j.cancelled))::text
                when j.action = 'complete' then coalesce(
                    o.error::text, r.result::text,
                    '{"type": "result_too_large", "message": "the results of the children are too large together"}')
           end,
           case when j.action = 'retry' then (tasker.retry_share(j.jitter) * tasker.backoff_ms(
               j.backoff, j.backoff_base_ms, j.max_backoff_ms, j.new_failures + 1))::bigint
                when not o.is_met and o.error is null then ((j.repeat ->> 'delay_seconds')::numeric * 1000)::bigint end
    from judged j
    left join lateral (
        select tasker.children_result(j.task_id, j.step_no, j.failures, j.kind = 'workflow') as result offset 0) r
        on j.action = 'complete'
    left join lateral (
        select x.is_met, x.error from tasker.tasks t
        cross join lateral tasker.repeat_outcome(t.task_id, j.step_no, j.repeat, r.result, t.context) x
        where t.task_id = j.task_id and j.repeat is not null and r.result is not null offset 0) o on true
    left join lateral (
        select tasker.budget_error(t.budget_task) as refused from tasker.tasks t
        where t.task_id = j.task_id and t.budget_task is not null offset 0) b on j.action = 'again' and j.undoes is null
    where j.action is not null;
end;
$$;
