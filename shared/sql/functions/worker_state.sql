-- The state of a worker: `serving`; `draining`: it claims nothing more; `gone`: it has ended, or was not seen for a
-- minute, which is three renewals.
-- called by: command_worker, list_workers, explain_step, diagnose_queues, diagnose_handlers, diagnose_workers. No SET
--   options, so that the planner inlines it.
create or replace function tasker.worker_state(
    p_last_seen_at timestamptz, p_ended_at timestamptz, p_command tasker.worker_command, p_now timestamptz)
returns text
language sql immutable parallel safe
as $$
    select case when p_ended_at is not null or p_last_seen_at < p_now - interval '1 minute' then 'gone'
                when p_command is not null then 'draining'
                else 'serving' end
$$;
