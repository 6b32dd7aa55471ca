-- What a run of a step with `repeat` gets: {"iteration": 3, "previous": the result of the last run}.
-- called by: claimed_rows, start_children. It has no SET options: it runs under those of its callers.
-- cost: a primary-key look-up.
create or replace function tasker.repetition(p_task_id uuid, p_step_no int) returns json
language plpgsql stable
as $$
begin
    return (select json_build_object('iteration', coalesce(max(r.finished), 0) + 1, 'previous', (array_agg(r.previous))[1])
            from tasker.repetitions r where r.task_id = p_task_id and r.step_no = p_step_no);
end;
$$;
