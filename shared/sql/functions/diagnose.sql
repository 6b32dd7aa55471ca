-- What is wrong, or may be, in sentences for people: the errors first.
-- called by: the orchestrator (GET /v1/doctor); users.
-- returns: error: steps cannot run, or timers are late; warning: it may become one; info: to know.
-- cost: bounded for each queue, and for each namespace: see the functions that it calls.
create or replace function tasker.diagnose() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
begin
    return query
        select f.severity, f.subject, f.sentence, f.hint
        from (select * from tasker.diagnose_queues()
              union all select * from tasker.diagnose_handlers()
              union all select * from tasker.diagnose_workers()
              union all select * from tasker.diagnose_timers()
              union all select * from tasker.diagnose_tasks()
              union all select * from tasker.diagnose_lost_steps()
              union all select * from tasker.diagnose_pauses()
              union all select * from tasker.diagnose_sessions()) f
        order by array_position(array['error', 'warning', 'info'], f.severity), f.subject, f.sentence;
end;
$$;
