-- The kinds of steps, in the order of the arguments.
-- called by: advance_dynamic. It has no SET options: it runs under those of its callers.
create or replace function tasker.kinds_of(p_task_ids uuid[], p_step_nos int[]) returns tasker.step_kind[]
language plpgsql stable
as $$
begin
    return array(
        select d.kind
        from unnest(p_task_ids, p_step_nos) with ordinality w(task_id, step_no, n)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = w.task_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = w.step_no offset 0) d
        order by w.n);
end;
$$;
