-- Cancels tasks: nothing more of them will run; a result that comes later is refused. Messages and
-- timers of theirs are dropped when they next turn up.
-- called by: the orchestrator (POST /v1/tasks/{id}/cancel).
-- returns: for each task that exists its state afterwards, and whether this call cancelled it; a
--   task that is complete or was cancelled before is not changed.
-- locks: steps (task_id, step_no), then tasks (task_id). A later round may lock steps below those that it
--   holds, so each wait is bounded: after it, the function releases its locks and starts again.
-- raises: lock_not_available after 20 attempts.
-- moves: step enqueued (with or without a row) | in_progress | waiting_for_retry | waiting | pending -> cancelled;
--   task pending | running | waiting | failed -> cancelled.
-- Steps are cancelled in rounds until none is left: a round waits for a finish_steps in flight, whose
-- new children only the next round sees. A step that is about to be followed by others is open until
-- that commits, so a look that finds no open step has missed none.
create or replace function tasker.cancel_tasks(p_task_ids uuid[])
returns table (task_id uuid, cancelled boolean, state tasker.task_state)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
#variable_conflict use_column
declare
    c_most_tries constant int := 20;
    v_try       int := 1;
    v_now       timestamptz := tasker.clock();
    v_open      uuid[];
    v_cancelled uuid[];
begin
    loop
        begin
            v_open := array(select t.task_id from tasker.tasks t
                            where t.task_id = any (p_task_ids)
                              and t.state in ('pending', 'running', 'waiting', 'failed'));
            -- Roots that were never claimed have no row (decision 0120). A claim in flight adds it first, or
            -- waits and finds this one.
            insert into tasker.steps
                (task_id, step_no, template_id, parents_total, parents_done, state, enqueued_at, finished_at)
            select o.task_id, r.step_no, o.template_id, 0, 0, 'cancelled'::tasker.step_state, o.created_at, v_now
            from (select t.* from tasker.tasks t where t.task_id = any (v_open) offset 0) o
            cross join lateral (
                select * from tasker.templates d where d.template_id = o.template_id offset 0) d
            cross join lateral unnest(d.roots) r(step_no)
            order by o.task_id, r.step_no
            on conflict do nothing;
            loop
                with own as materialized (
                    select s.task_id, s.step_no
                    from unnest(v_open) o(task_id)
                    join tasker.steps s on s.task_id = any (array[o.task_id])
                    where s.state in ('pending', 'enqueued', 'in_progress', 'waiting_for_retry', 'waiting')
                    order by o.task_id, s.step_no
                    for update of s
                )
                update tasker.steps s set state = 'cancelled', finished_at = v_now
                from own
                where s.task_id = any (array[own.task_id]) and s.step_no = own.step_no
                  and s.state in ('pending', 'enqueued', 'in_progress', 'waiting_for_retry', 'waiting');
                exit when not exists (
                    select from tasker.steps s
                    where s.task_id = any (v_open)
                      and s.state in ('pending', 'enqueued', 'in_progress', 'waiting_for_retry', 'waiting'));
            end loop;

            with moved as (
                update tasker.tasks t
                set state = 'cancelled', steps_active = 0, steps_waiting = 0, finished_at = v_now
                where t.task_id = any (v_open) and t.state in ('pending', 'running', 'waiting', 'failed')
                returning t.task_id
            )
            select array_agg(m.task_id) into v_cancelled from moved m;
            exit;
        exception when lock_not_available then
            if v_try = c_most_tries then
                raise;
            end if;
            v_try := v_try + 1;
        end;
    end loop;
    delete from tasker.unsuccessful_tasks u where u.state = 'failed' and u.task_id = any (v_cancelled);
    perform tasker.end_tasks(v_cancelled, 'cancelled');
    return query
        select t.task_id, t.task_id = any (coalesce(v_cancelled, '{}')), t.state
        from tasker.tasks t where t.task_id = any (p_task_ids);
end;
$$;
