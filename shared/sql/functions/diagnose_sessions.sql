-- Findings about sessions whose transaction has been open for long, so that vacuum cannot remove rows.
-- called by: diagnose.
-- cost: reads the sessions of the server that this role may see.
create or replace function tasker.diagnose_sessions(p_longest interval default interval '5 minutes')
returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
begin
    return query
        select 'warning', 'session ' || a.pid,
               format('session %s (%s, %s) has had a transaction open for %s, so vacuum cannot remove the rows deleted since',
                      a.pid, coalesce(nullif(a.application_name, ''), 'no application name'), a.state,
                      tasker.age_text(a.xact_start, clock_timestamp())),
               format('End the transaction, or the session: select pg_terminate_backend(%s)', a.pid)
        from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
          and (a.backend_xmin is not null or a.backend_xid is not null)
          and a.xact_start < clock_timestamp() - p_longest
        order by a.xact_start limit 10;
end;
$$;
