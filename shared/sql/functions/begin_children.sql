-- Starts the child tasks of steps that just became `waiting` (`workflow`). A step whose child cannot be created fails.
-- called by: begin_waits. It has no SET options: it runs under those of its callers.
-- locks: none; all rows are new.
-- moves: step waiting -> failed.
create or replace function tasker.begin_children(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_refused record;
begin
    v_refused := tasker.start_children(p_task_ids, p_step_nos);
    if v_refused.task_ids is null then
        return;
    end if;
    update tasker.steps s
    set state = 'failed', failures = s.failures + 1, finished_at = v_now, error = r.error::json
    from (select * from unnest(v_refused.task_ids, v_refused.step_nos, v_refused.errors) u(task_id, step_no, error)
          order by u.task_id, u.step_no) r
    where s.task_id = any (array[r.task_id]) and s.step_no = r.step_no;
end;
$$;
