-- Adds steps that ended to the counts of their children, of dynamic templates. It has no SET options: see
-- advance_steps.
-- called by: advance_dynamic.
-- returns: the children whose parents have all ended, whose rows the caller writes, with the sizes of the results of
--   their parents together; null if there are none. publish: some of the steps that ended have events.
-- REQUIRES: the caller has locked the tasks.
-- locks: the children (a child that is cancelled meanwhile stays so).
create or replace function tasker.count_parents(
    p_task_ids uuid[], p_step_nos int[], out task_ids uuid[], out step_nos int[], out bytes int[],
    out publish boolean)
language plpgsql
as $$
begin
    -- `offset 0`: decision 0113.
    with counted as (
        select p.task_id, c.step_no, p.template_id, c.parents_total, count(*) as done, sum(p.bytes) as bytes,
               bool_or(d.has_events) as has_events
        from unnest(p_task_ids, p_step_nos) e(task_id, step_no)
        cross join lateral (
            select s.task_id, s.template_id, coalesce(octet_length(s.result::text), 0) as bytes
            from tasker.steps s where s.task_id = e.task_id and s.step_no = e.step_no offset 0) p
        cross join lateral (
            select d.children, d.child_parents, d.events is not null as has_events from tasker.template_steps d
            where d.template_id = p.template_id and d.step_no = e.step_no offset 0) d
        -- A step without children has a row too, for its events.
        left join lateral unnest(d.children, d.child_parents) c(step_no, parents_total) on true
        group by p.task_id, c.step_no, p.template_id, c.parents_total
    ), child as (
        select c.task_id, c.step_no, c.template_id, c.parents_total,
               (c.done + coalesce(k.parents_done, 0))::int as done,
               least(c.bytes + coalesce(k.parents_bytes, 0), 2147483647)::int as bytes,
               k.state is null or k.state = 'pending' as is_open, c.has_events
        from counted c
        left join lateral (
            select * from tasker.steps s
            where s.task_id = c.task_id and s.step_no = c.step_no offset 0) k on true
    ), open as (
        insert into tasker.steps as s
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, parents_bytes, state)
        select c.task_id, c.step_no, c.template_id, true, c.parents_total, c.done, c.bytes,
               'pending'::tasker.step_state
        from child c where c.is_open and c.done < c.parents_total
        order by c.task_id, c.step_no
        on conflict (task_id, step_no) do update
        set parents_done = excluded.parents_done, parents_bytes = excluded.parents_bytes
        where s.state = 'pending'
    )
    select array_agg(c.task_id) filter (where c.is_open and c.done = c.parents_total),
           array_agg(c.step_no) filter (where c.is_open and c.done = c.parents_total),
           array_agg(c.bytes) filter (where c.is_open and c.done = c.parents_total), bool_or(c.has_events)
    into task_ids, step_nos, bytes, publish
    from child c;
end;
$$;
