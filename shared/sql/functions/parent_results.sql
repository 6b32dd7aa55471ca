-- The results of the complete parents of a step: {"<parent's name>": <its result>, …}. Null if it has none, or if they
-- are larger together than joined_bytes_limit().
-- called by: begin_sleeps, begin_maps, take_kept_signals, repeat_outcome, start_children. It has no SET options: it
--   runs under those of its callers.
create or replace function tasker.parent_results(p_task_id uuid, p_step_no int) returns json
language plpgsql stable
as $$
begin
    return (
        select json_object_agg(n.name, coalesce(r.result, 'null'))
        from tasker.steps s
        join tasker.template_steps d on d.template_id = any (array[s.template_id]) and d.step_no = s.step_no
        cross join lateral unnest(d.parents) u(step_no)
        -- `offset 0`: decision 0113.
        cross join lateral (
            select * from tasker.steps r where r.task_id = s.task_id and r.step_no = u.step_no offset 0) r
        cross join lateral (
            select n.name from tasker.template_steps n
            where n.template_id = s.template_id and n.step_no = u.step_no offset 0) n
        where s.task_id = p_task_id and s.step_no = p_step_no and r.state = 'complete'
          and s.parents_bytes <= tasker.joined_bytes_limit());
end;
$$;
