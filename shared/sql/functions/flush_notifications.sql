-- Sends what earlier calls of this session left to announce. A NOTIFY inside a transaction
-- serialises the commits of the whole server, so this runs in a separate transaction, after the
-- commit of the change, and commits asynchronously: a notification only shortens a wait.
-- called by: clients, pipelined directly behind every state-changing call; by SQL users after commit;
--   claim_steps, in its own transaction, where a step dies inside it.
-- channels: tasker_ready (queue names), tasker_finished (task ids or *, or what ended_task returns for a
--   single id; only while a session has called want_finished), tasker_cancelled (ids of tasks with steps that were
--   cancelled in progress, or *), tasker_timers (ms until due), tasker_events (an event as JSON, see publish_events).
-- p_before_commit: the change is not committed yet, so a session that begins to want notifications now would not
--   see it: notify in any case.
create or replace function tasker.flush_notifications(p_before_commit boolean default false) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_ready     text := current_setting('tasker.ready', true);
    v_finished  text := current_setting('tasker.finished', true);
    v_cancelled text := current_setting('tasker.cancelled', true);
    v_timers    text := current_setting('tasker.timers', true);
    v_events    text := current_setting('tasker.events', true);
    v_unwanted  boolean;
begin
    if v_ready <> '' then
        perform set_config('synchronous_commit', 'off', true), pg_notify('tasker_ready', v_ready),
                set_config('tasker.ready', '', false);
    end if;
    if v_finished <> '' then
        perform set_config('tasker.finished', '', false);
        -- A session that wants them shares the lock; one that begins to, later, sees the ended tasks. One
        -- expression, so that no cancellation comes between lock and unlock.
        v_unwanted := case when pg_try_advisory_lock(tasker.finished_lock())
                           then pg_advisory_unlock(tasker.finished_lock()) else false end;
        if p_before_commit or not v_unwanted then
            if length(v_finished) = 36 then
                v_finished := coalesce(tasker.ended_task(v_finished::uuid), v_finished);
            end if;
            perform set_config('synchronous_commit', 'off', true), pg_notify('tasker_finished', v_finished);
        end if;
    end if;
    if v_cancelled <> '' then
        perform set_config('synchronous_commit', 'off', true), set_config('tasker.cancelled', '', false);
        perform pg_notify('tasker_cancelled', c.tasks)
        from (select string_agg(i.task_id, ',') as tasks
              from string_to_table(v_cancelled, ',') with ordinality i(task_id, n)
              group by i.n / 200) c; -- a payload has at most 8,000 bytes
    end if;
    if v_timers <> '' then
        perform set_config('synchronous_commit', 'off', true), pg_notify('tasker_timers', v_timers),
                set_config('tasker.timers', '', false);
    end if;
    if v_events <> '' then
        perform set_config('synchronous_commit', 'off', true), set_config('tasker.events', '', false);
        perform pg_notify('tasker_events', e.event::text)
        from json_array_elements(('[' || v_events || ']')::json) with ordinality e(event, n) order by e.n;
    end if;
end;
$$;
