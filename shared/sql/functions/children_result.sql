-- The result of a step whose child tasks have ended: that of its only child (p_single), or {"<key>": <result>, …} with
-- null for children that did not complete. Null if the results are larger together than joined_bytes_limit().
-- called by: judge_children. It has no SET options: it runs under those of its callers.
create or replace function tasker.children_result(
    p_task_id uuid, p_step_no int, p_attempt int, p_single boolean) returns json
language plpgsql stable
as $$
declare
    v_bytes bigint;
begin
    -- `offset 0`: decision 0113.
    select sum(octet_length(s.result::text)) into v_bytes
    from tasker.child_tasks c
    cross join lateral (select * from tasker.tasks t where t.task_id = c.child_id offset 0) t
    cross join lateral (select p.leaves from tasker.templates p where p.template_id = t.template_id offset 0) p
    cross join lateral unnest(case when t.ended_by is null then p.leaves else array[t.ended_by] end) l(step_no)
    cross join lateral (
        select s.result from tasker.steps s where s.task_id = t.task_id and s.step_no = l.step_no offset 0) s
    where c.task_id = p_task_id and c.step_no = p_step_no and c.attempt = p_attempt;
    if v_bytes > tasker.joined_bytes_limit() then
        return null;
    end if;
    return (
        select case when p_single then (array_agg(r.result))[1]
                    else coalesce(json_object_agg(c.key, coalesce(r.result, 'null') order by c.key), '{}') end
        from tasker.child_tasks c
        cross join lateral tasker.task_rows(array[c.child_id]) r
        where c.task_id = p_task_id and c.step_no = p_step_no and c.attempt = p_attempt);
end;
$$;
