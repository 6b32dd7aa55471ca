-- Skips each step whose only parent was skipped, if it does not run then, and the steps behind it in the same way: a
-- chain behind a skipped step takes one call. It has no SET options but `jit`: see advance_steps.
-- called by: advance_dynamic.
-- p_task_ids, p_step_nos: steps; those that were not skipped are ignored.
-- returns: the steps that it skipped, of which other children may be left; null if there are none.
-- REQUIRES: the caller has locked the tasks.
-- locks: these steps (a step that is cancelled meanwhile stays so).
-- moves: step pending -> skipped.
create or replace function tasker.skip_chains(
    p_task_ids uuid[], p_step_nos int[], out task_ids uuid[], out step_nos int[])
language plpgsql
set jit = off -- the estimates for `chain` are high
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    -- `offset 0`: decision 0113.
    with recursive chain as (
        select s.task_id, s.template_id, s.step_no, false as is_new
        from unnest(p_task_ids, p_step_nos) e(task_id, step_no)
        cross join lateral (
            select s.task_id, s.template_id, s.step_no from tasker.steps s
            where s.task_id = e.task_id and s.step_no = e.step_no and s.state = 'skipped' offset 0) s
        union all
        select l.task_id, l.template_id, c.step_no, true
        from chain l
        cross join lateral (
            select d.children, d.child_parents from tasker.template_steps d
            where d.template_id = l.template_id and d.step_no = l.step_no offset 0) d
        cross join lateral unnest(d.children, d.child_parents) c(step_no, parents_total)
        cross join lateral (
            select d.join_rule, d.undoes from tasker.template_steps d
            where d.template_id = l.template_id and d.step_no = c.step_no offset 0) k
        where c.parents_total = 1 and k.undoes is null and tasker.join_outcome(k.join_rule, 0, 1, 0, 0) = 'skip'
    ), skipped as (
        insert into tasker.steps as s
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, state, finished_at)
        select c.task_id, c.step_no, c.template_id, true, 1, 1, 'skipped'::tasker.step_state, v_now
        from chain c where c.is_new
        order by c.task_id, c.step_no
        on conflict (task_id, step_no) do update
        set parents_done = 1, parents_bytes = 0, state = 'skipped', finished_at = excluded.finished_at
        where s.state = 'pending'
        returning s.task_id, s.step_no
    )
    select array_agg(s.task_id), array_agg(s.step_no) into task_ids, step_nos from skipped s;
end;
$$;
