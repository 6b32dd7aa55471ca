-- Sets the time when a worker was last seen, and returns what it was asked to do. A worker that was not seen for a
-- minute is gone.
-- p_instance: as it registered.
-- called by: the worker, every third of its lease and at least every 20 s, even while it holds nothing; and when it is
--   notified of a command.
-- returns: null: nothing; drain; stop; replaced: another process has registered its name since; removed: it has no row
--   any more, and should register again.
-- locks: the worker's row.
create or replace function tasker.renew_last_seen(p_worker int, p_instance bigint default 0) returns text
language plpgsql
set search_path = ''
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_command text;
begin
    update tasker.workers w set last_seen_at = v_now where w.worker_id = p_worker and w.instance = p_instance
    returning w.command::text into v_command;
    if found then
        return v_command;
    end if;
    return case when exists (select from tasker.workers w where w.worker_id = p_worker) then 'replaced'
                else 'removed' end;
end;
$$;
