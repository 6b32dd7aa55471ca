-- A finding for each pause, of up to 100.
-- called by: diagnose.
create or replace function tasker.diagnose_pauses() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    return query
        select 'info', 'pause of ' || n.what,
               format('%s has been paused for %s', n.what, tasker.age_text(x.paused_at, v_now))
                   || coalesce(' by ' || x.by, '') || coalesce(': ' || x.reason, ''),
               'End the pause with ' || n.command
        from tasker.list_pauses() x
        cross join lateral (
            select case when x.task_id is not null then 'task ' || x.task_id
                        when x.template is not null then format('template %s/%s', x.namespace, x.template)
                        when x.namespace is not null then 'namespace ' || x.namespace else 'everything' end as what,
                   case when x.task_id is not null then 'tasker task resume ' || x.task_id
                        when x.template is not null
                            then format('tasker queue resume %s --template %s', x.namespace, x.template)
                        when x.namespace is not null then 'tasker queue resume ' || x.namespace
                        else 'tasker queue resume --all' end as command) n
        order by x.paused_at limit 100;
end;
$$;
