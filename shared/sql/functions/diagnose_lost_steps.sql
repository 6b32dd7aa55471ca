-- A finding if steps of the newest 1,000 tasks have lost their messages.
-- called by: diagnose.
-- cost: reads 1,000 tasks; see lost_steps.
create or replace function tasker.diagnose_lost_steps() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_lost record;
begin
    select count(*) as steps, (array_agg(l.task_id order by l.task_id))[1] as task_id into v_lost
    from tasker.lost_steps(array(select t.task_id from tasker.tasks t order by t.task_id desc limit 1000)) l;
    if v_lost.steps > 0 then
        return query
            select 'error', 'lost messages',
                   case v_lost.steps when 1 then 'a step has' else v_lost.steps || ' steps have' end
                   || format(' no message in a queue, the first one in task %s: no worker can claim %s', v_lost.task_id,
                             case v_lost.steps when 1 then 'it' else 'them' end),
                   'An orchestrator enqueues them again at its start, and every hour (sweep.interval_seconds)';
    end if;
end;
$$;
