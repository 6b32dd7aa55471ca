-- Asks a worker to drain (to claim nothing more) or to stop (to end after that). The worker is notified, and sees the
-- command at its next renewal at the latest. A worker that was asked to stop is not asked to drain any more.
-- called by: the orchestrator (POST /v1/workers/{name}/drain and /stop); users.
-- returns: its id.
-- locks: the worker's row.
-- raises: TK001 another command; TK002 no such worker; TK008 the worker is gone.
create or replace function tasker.command_worker(p_name text, p_command text) returns int
language plpgsql
set search_path = ''
as $$
declare
    v_worker tasker.workers;
begin
    if p_command in ('drain', 'stop') is not true then
        raise exception 'command: must be drain or stop, not %', coalesce(p_command, 'null') using errcode = 'TK001';
    end if;
    select * into v_worker from tasker.workers w where w.name = p_name for update;
    if not found then
        raise exception 'there is no worker "%"', p_name using errcode = 'TK002';
    end if;
    if tasker.worker_state(v_worker.last_seen_at, v_worker.ended_at, v_worker.command, tasker.clock()) = 'gone' then
        raise exception 'worker "%" is gone: it %', p_name,
            case when v_worker.ended_at is null then 'was last seen at ' || tasker.utc_text(v_worker.last_seen_at)
                 else 'ended at ' || tasker.utc_text(v_worker.ended_at) end
            using errcode = 'TK008';
    end if;
    if v_worker.command is distinct from 'stop' then
        update tasker.workers w set command = p_command::tasker.worker_command where w.worker_id = v_worker.worker_id;
    end if;
    perform pg_notify('tasker_workers', v_worker.worker_id::text); -- rare, so in this transaction
    return v_worker.worker_id;
end;
$$;
