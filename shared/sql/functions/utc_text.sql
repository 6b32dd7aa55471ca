-- A time as the API shows it.
-- called by: signal_result, signal_senders, run_hooks, task_rows, event_text, step_history, explain_step,
--   command_worker, diagnose_workers, step_resolution.
create or replace function tasker.utc_text(p_time timestamptz) returns text
language sql stable parallel safe
as $$
    select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
