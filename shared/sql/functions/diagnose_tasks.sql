-- A finding if tasks have failed.
-- called by: diagnose.
-- cost: counts up to 1,000 failed tasks.
create or replace function tasker.diagnose_tasks() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_failed bigint := (
        select count(*) from (select from tasker.unsuccessful_tasks u where u.state = 'failed' limit 1000) f);
begin
    if v_failed > 0 then
        return query
            select 'info', 'failed tasks',
                   case v_failed when 1 then 'a task has' when 1000 then '1000 tasks or more have'
                        else v_failed || ' tasks have' end || ' failed',
                   'List them with tasker dead-letter list, and run them again with tasker dead-letter requeue';
    end if;
end;
$$;
