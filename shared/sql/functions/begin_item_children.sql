-- Starts the child tasks of items of maps that just became `waiting`. An item whose child cannot be created gets a
-- timer: fire_children tries again, and ends it.
-- called by: begin_maps, send_items. It has no SET options: it runs under those of its callers.
-- locks: none; all rows are new.
create or replace function tasker.begin_item_children(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_refused record;
begin
    v_refused := tasker.start_children(p_task_ids, p_step_nos);
    if v_refused.task_ids is not null then
        insert into tasker.timers (due_at, task_id, step_no, kind)
        select v_now, r.task_id, r.step_no, 'again' from unnest(v_refused.task_ids, v_refused.step_nos) r(task_id, step_no);
        perform tasker.note_timer(0);
    end if;
end;
$$;
