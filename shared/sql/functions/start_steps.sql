-- Notes that the handlers of claimed steps have started, p_ran_ms ago. The arrays are parallel.
-- A step that is reported before this is noted gets its start from its report.
-- called by: the worker, before a step runs alone (decision 0506), and for handlers that run long.
--   Its commit may be asynchronous.
-- returns: how many of these claims the caller still holds.
-- raises: TK001 when the arrays differ in length.
-- locks: the steps (task_id, step_no).
-- cost: a primary-key look-up and a HOT update a step.
create or replace function tasker.start_steps(
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_ran_ms int[])
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_count int;
begin
    if (cardinality(p_task_ids) = all (array[
            cardinality(p_step_nos), cardinality(p_deliveries), cardinality(p_ran_ms)])) is not true then
        raise exception 'start_steps: all arrays must have the same length' using errcode = 'TK001';
    end if;
    update tasker.steps s
    set started_at = greatest(s.enqueued_at, v_now - i.ran_ms * interval '1 millisecond')
    from (select * from unnest(p_task_ids, p_step_nos, p_deliveries, p_ran_ms)
              i(task_id, step_no, delivery, ran_ms)
          order by i.task_id, i.step_no) i
    where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.delivery = i.delivery
      and s.state = 'in_progress';
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
