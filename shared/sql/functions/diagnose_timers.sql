-- Findings about timers that have been due for more than a minute.
-- called by: diagnose.
-- cost: reads up to 1,000 timers.
create or replace function tasker.diagnose_timers() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_overdue record;
begin
    select count(*) as timers, min(o.due_at) as due_at into v_overdue
    from (select t.due_at from tasker.timers t where t.due_at < v_now - interval '1 minute'
          order by t.due_at limit 1000) o;
    if v_overdue.timers > 0 then
        return query
            select 'error', 'timers',
                   case v_overdue.timers when 1 then 'a timer is' when 1000 then '1000 timers or more are'
                        else v_overdue.timers || ' timers are' end
                   || format(' overdue, the oldest one for %s: no orchestrator fires them',
                             tasker.age_text(v_overdue.due_at, v_now)),
                   'Start an orchestrator with this database, or look for errors in its log';
    end if;
end;
$$;
