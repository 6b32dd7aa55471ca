-- Completes a step by hand, or skips it, and its workflow continues (decision 0138). What the step does is stopped: the
-- report of its attempt is refused, and its items and child tasks are cancelled. A failed step of a failed task can be
-- resolved, too: then the task is retried, but for this step. Call it last in a transaction: it locks the task until
--   the
-- commit.
-- p_result: as a handler would return it; of a step with `map` or `matrix`, an array. p_skip: instead of a result.
-- p_by: who resolves it. p_reason: why. p_result_validated: whether the caller has checked the result; that of a step
--   with `result_schema` is refused unless the caller confirms it.
-- called by: the orchestrator (POST /v1/tasks/{id}/steps/{name}/resolve); users.
-- returns: whether this call resolved it; false: it has ended so before.
-- locks, moves: see resolve_locked. Since later locks may be below earlier ones, each wait is bounded: after it, the
--   function releases its locks and starts again.
-- raises: TK001 bad arguments; TK002 no such task or step; TK008 the step has ended otherwise, or has not begun, the
--   task has ended without having failed, is a child task, or was undone; lock_not_available after 20 attempts.
create or replace function tasker.resolve_step(
    p_task_id uuid, p_step text, p_result json default null, p_skip boolean default false,
    p_reason text default null, p_by text default null, p_result_validated boolean default false,
    out resolved boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set jit = off -- the estimates for steps_to_retry are high
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
declare
    c_most_tries constant int := 20;
    v_try  int := 1;
    v_step tasker.template_steps;
begin
    perform tasker.check_reason(p_by, p_reason);
    if p_skip is null or p_skip <> (p_result is null) then
        raise exception 'result: give either a result or p_skip => true' using errcode = 'TK001';
    end if;
    perform tasker.check_top(p_task_id, 'resolve a step of');
    v_step := tasker.find_step(p_task_id, p_step);
    if p_result is not null and v_step.kind = 'map' and json_typeof(p_result) <> 'array' then
        raise exception 'result: the result of a step with map or matrix must be an array, not %', case json_typeof(p_result)
                when 'object' then 'an object' else 'a ' || json_typeof(p_result) end
            using errcode = 'TK001';
    end if;
    if p_result is not null and not p_result_validated and v_step.worker_settings -> 'result_schema' is not null then
        raise exception 'step "%" declares a result_schema, which the database cannot check: pass p_result_validated => true once you have', p_step
            using errcode = 'TK001';
    end if;
    resolved := tasker.may_resolve(p_task_id, v_step, p_result);
    while resolved loop
        begin
            resolved := tasker.resolve_locked(p_task_id, v_step, p_result, p_reason, p_by);
            exit;
        exception when lock_not_available or sqlstate 'TK009' then
            if v_try = c_most_tries then
                raise exception 'the task is in use: try again' using errcode = 'lock_not_available';
            end if;
            v_try := v_try + 1;
        end;
    end loop;
end;
$$;
