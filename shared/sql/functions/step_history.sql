-- The last 100 attempts of a step that did not succeed, as the API shows them. It has no SET options: it runs under
-- those of its caller.
-- called by: list_steps.
-- returns: [{"attempt": …, "delivery": …, "worker": …, "started_at": …, "ended_at": …, "outcome": failed | lost,
--   "error": …}, …], the oldest first; null if there are none. attempt: counted from 1, in each run of a step with
--   `repeat`; 0 if the step failed before an attempt began. delivery: 0 of steps that no worker runs. error: null of
--   lost ones.
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
                  select a.* from tasker.attempts a where a.task_id = p_task_id and a.step_no = p_step_no
                  union all
                  select f.* from tasker.last_failures(array[p_task_id], array[p_step_no]) f) a
              order by a.ended_at desc limit 100) h);
end;
$$;
