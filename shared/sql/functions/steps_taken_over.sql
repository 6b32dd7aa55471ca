-- The steps of a finished task that a rerun takes over: the complete and the skipped ones, except these and all that
-- depend on them: the step from which it runs; those that failed, were cancelled or never ran; that which ended the run
-- of the task, and those that were skipped because of that; those that were undone; maps that a user skipped after some
-- of their items. So all parents of a step that is taken over are taken over as well. It has no SET options: it runs
-- under those of its caller.
-- called by: rerun_task.
-- p_step_no: the step from which the task runs again.
-- returns: their numbers, never null. half_undone: the name of one of them whose undoing failed; null if there is none.
-- cost: a few look-ups for each step, and one for each edge behind those that run again.
create or replace function tasker.steps_taken_over(
    p_task_id uuid, p_step_no int, out step_nos int[], out half_undone text)
language plpgsql stable
as $$
begin
    -- `offset 0`: decision 0113.
    with recursive task as materialized (
        select t.template_id, t.ended_by, p.steps_total, e.started_at
        from tasker.tasks t
        cross join lateral (
            select p.steps_total from tasker.templates p where p.template_id = t.template_id offset 0) p
        left join lateral (
            select e.started_at from tasker.steps e
            where e.task_id = t.task_id and e.step_no = t.ended_by offset 0) e on true
        where t.task_id = p_task_id
    ), undone as materialized (
        select d.undoes, u.state
        from task t
        cross join lateral (
            select d.step_no, d.undoes from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no >= t.steps_total and d.handler is not null offset 0) d
        cross join lateral (
            select u.state from tasker.steps u where u.task_id = p_task_id and u.step_no = d.step_no offset 0) u
    ), ended as materialized (
        select s.step_no,
               s.step_no = p_step_no or s.state not in ('complete', 'skipped')
               -- `is true`, here and below: a hash, not a join.
               or ((s.step_no in (select u.undoes from undone u where u.state = 'complete')) is true)
               or s.state = 'skipped' -- by a user; its complete items must be undone if the task fails
                  and exists (
                      select from tasker.maps m
                      where m.task_id = p_task_id and m.step_no = s.step_no and m.items_complete > 0 offset 0)
               or t.ended_by is not null
                  and (s.step_no = tasker.template_step(t.ended_by)
                       or s.state = 'skipped' and tasker.is_skipped_by_end(
                           s.dynamic, s.enqueued_at, s.finished_at, s.parents_done, s.parents_total, t.started_at))
                   as runs_again
        from task t
        cross join lateral (
            select * from tasker.steps s where s.task_id = p_task_id and s.step_no < t.steps_total offset 0) s
    ), again as (
        select e.step_no from ended e where e.runs_again
        union
        select c.step_no
        from again a
        cross join task t
        cross join lateral (
            select d.children from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = a.step_no offset 0) d
        cross join lateral unnest(d.children) c(step_no)
    ), taken as materialized (
        select e.step_no from ended e where (e.step_no in (select a.step_no from again a)) is not true
    )
    select coalesce((select array_agg(t.step_no order by t.step_no) from taken t), '{}'),
           (select d.name from undone u
            cross join task t
            cross join lateral (
                select d.name from tasker.template_steps d
                where d.template_id = t.template_id and d.step_no = u.undoes offset 0) d
            where u.state = 'failed' and (u.undoes in (select e.step_no from taken e)) is true
            order by u.undoes limit 1)
    into step_nos, half_undone;
end;
$$;
