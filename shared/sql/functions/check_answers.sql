-- Refuses answers of handlers whose child tasks cannot be created: such a report becomes a permanent failure. An
-- answer without child tasks becomes a success.
-- called by: accept_reports. It has no SET options: it runs under those of its callers.
-- p_outcomes, p_payloads: see finish_steps.
-- returns: the outcomes and payloads to store; the child tasks of the answers that are left, with the numbers of the
--   reports.
create or replace function tasker.check_answers(
    p_task_ids uuid[], p_step_nos int[], p_outcomes tasker.outcome[], p_payloads text[],
    out outcomes tasker.outcome[], out payloads text[], out children tasker.wanted_child[])
language plpgsql stable
as $$
declare
    v_answers record;
begin
    with given as materialized (
        select i.*,
               case when s.item is not null or d.repeat is not null
                    then json_build_object(
                        'type', 'invalid_children',
                        'message', 'items of a map and steps with repeat cannot create child tasks')::text
                    else tasker.depth_problem(t.depth)::text end as error,
               json_array_length(i.payload::json -> 'children') = 0 as is_empty
        from unnest(p_task_ids, p_step_nos, p_outcomes, p_payloads) with ordinality
                 i(task_id, step_no, outcome, payload, n)
        -- `offset 0`: decision 0113.
        cross join lateral (
            select s.item, s.template_id from tasker.steps s
            where s.task_id = i.task_id and s.step_no = i.step_no offset 0) s
        cross join lateral (select t.depth from tasker.tasks t where t.task_id = i.task_id offset 0) t
        cross join lateral (
            select d.repeat from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = tasker.template_step(i.step_no) offset 0) d
        where i.outcome = 'children'
    )
    select array_agg(g.n) filter (where g.error is null and not g.is_empty) as numbers,
           array_agg(g.task_id) filter (where g.error is null and not g.is_empty) as tasks,
           array_agg(g.payload) filter (where g.error is null and not g.is_empty) as payloads,
           array_agg(g.n) filter (where g.error is not null or g.is_empty) as changed,
           array_agg(g.error) filter (where g.error is not null or g.is_empty) as errors
    into v_answers from given g;
    children := array(select c from tasker.children_wanted(v_answers.numbers, v_answers.tasks, v_answers.payloads) c);

    with changed as materialized (
        select g.n, case when g.error is null then 'success' else 'permanent_failure' end::tasker.outcome as outcome,
               coalesce(g.error, '{}') as payload
        from unnest(v_answers.changed, v_answers.errors) g(n, error)
        union all
        (select distinct on (c.n) c.n, 'permanent_failure'::tasker.outcome,
                json_build_object(
                    'type', 'unknown_template',
                    'message', format('child "%s": no template %s is registered', c.key, c.template))::text
         from unnest(children) c where c.template_id is null
         order by c.n)
    )
    select array_agg(coalesce(r.outcome, i.outcome) order by i.n), array_agg(coalesce(r.payload, i.payload) order by i.n)
    into outcomes, payloads
    from unnest(p_outcomes, p_payloads) with ordinality i(outcome, payload, n)
    left join changed r on r.n = i.n;
end;
$$;
