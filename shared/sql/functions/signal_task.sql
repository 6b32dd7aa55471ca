-- Sends a signal to the step of a task that waits for it. The first signal ends the wait; with `quorum`, the one that
-- completes the number of different senders. A signal that comes before the step waits is kept, the last 100 of a
-- task. Call it last in a transaction: it locks the step and the task until the commit.
-- p_key: an idempotency key: the same key again changes nothing. p_payload_validated: whether the caller has checked
--   the payload; a signal that declares a schema is refused unless the caller confirms it.
-- called by: the orchestrator (POST /v1/tasks/{id}/signals/{name}); users.
-- returns: `complete`: it ended the wait; `counted`: others are needed; `kept`: the step does not wait yet;
--   `repeated`: its key was used before.
-- locks: the step, the task, children (as end_waits); the task alone, if the step does not wait.
-- moves: step waiting -> complete; then as end_waits.
-- raises: TK001 bad arguments; TK002 no such task, or no such signal in its template; TK008 the step no longer waits,
--   or has this sender's signal.
create or replace function tasker.signal_task(
    p_task_id uuid, p_name text, p_payload json default 'null', p_by text default null, p_key text default null,
    p_payload_validated boolean default false, out outcome text)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_step   record;
    v_key    text := coalesce(p_key, tasker.uuid_v7()::text);
    v_stored text;
begin
    perform tasker.check_sender(p_by, v_key);
    select f.step_no, f.signal into v_step from tasker.find_signal(p_task_id, p_name) f;
    if v_step.signal -> 'schema' is not null and not p_payload_validated then
        raise exception 'signal "%" declares a schema, which the database cannot check: pass p_payload_validated => true once you have', p_name
            using errcode = 'TK001';
    end if;
    loop
        perform from tasker.steps s
        where s.task_id = p_task_id and s.step_no = v_step.step_no and s.state = 'waiting'
        for update;
        if found then
            v_stored := tasker.store_signal(
                p_task_id, v_step.step_no, v_step.signal, coalesce(p_payload, 'null'), p_by, v_key);
            if v_stored = 'last' then
                perform tasker.end_waits(
                    array[p_task_id], array[v_step.step_no], '{complete}',
                    array[tasker.signal_result(p_task_id, v_step.step_no, v_step.signal)::text]);
                perform tasker.forget_waits(array[p_task_id], array[v_step.step_no]);
            end if;
            outcome := case v_stored when 'last' then 'complete' when 'stored' then 'counted' else v_stored end;
            return;
        end if;
        begin
            v_stored := tasker.keep_signal(
                p_task_id, v_step.step_no, v_step.signal, coalesce(p_payload, 'null'), p_by, v_key);
            outcome := case when v_stored = 'repeated' then v_stored else 'kept' end;
            return;
        exception when sqlstate 'TK009' then
            null; -- the step began to wait, and the lock of the task is free again
        end;
    end loop;
end;
$$;
