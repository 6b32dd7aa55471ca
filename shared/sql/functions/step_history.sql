-- The last 100 attempts of a step that did not succeed, as the API shows them. It has no SET options: it runs under those
-- of its caller.
-- called by: list_steps.
-- returns: [{"attempt": …, "delivery": …, "worker": …, "started_at": …, "ended_at": …, "outcome": failed | lost,
--   "error": …}, …], the oldest first; null if there are none. attempt: counted from 1, in each run of a step with
--   `repeat`. delivery: 0 of steps that no worker runs. error: null of lost ones.
-- cost: a look-up for each attempt.
create or replace function tasker.step_history(p_task_id uuid, p_step_no int) returns json
language plpgsql stable
as $$
begin
    return (
        select json_agg(json_build_object(
                   'attempt', h.attempt, 'delivery', h.delivery,
                   'worker', (select w.name from tasker.workers w where w.worker_id = h.worker_id),
                   'started_at', tasker.utc_text(h.started_at), 'ended_at', tasker.utc_text(h.ended_at),
                   'outcome', h.outcome, 'error', h.error) order by h.ended_at)
        from (select a.* from (
                  select a.attempt, a.delivery, a.worker_id, a.started_at, a.ended_at, a.outcome, a.error
                  from tasker.attempts a where a.task_id = p_task_id and a.step_no = p_step_no
                  union all
                  -- The last failure is only in the step's row.
                  select s.failures, s.delivery, s.worker_id, s.started_at, s.finished_at, 'failed', s.error
                  from tasker.steps s
                  where s.task_id = p_task_id and s.step_no = p_step_no and s.state = 'failed' and s.failures > 0
                        and not exists (
                            select from tasker.attempts a
                            where a.task_id = s.task_id and a.step_no = s.step_no and a.delivery = s.delivery
                                  and a.attempt = s.failures and a.outcome = 'failed')) a
              order by a.ended_at desc limit 100) h);
end;
$$;
