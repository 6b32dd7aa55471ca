-- Keeps a signal for a step that does not wait yet. Of the signals that a task keeps in this way, the last 100 remain.
-- It has no SET options: it runs under those of its caller.
-- called by: signal_task.
-- returns: as store_signal.
-- locks: the task, so that its step does not begin to wait meanwhile.
-- raises: TK008 the step or the task has ended; TK009 the step waits now: call again without this lock; others as
--   store_signal.
create or replace function tasker.keep_signal(
    p_task_id uuid, p_step_no int, p_signal json, p_payload json, p_by text, p_key text) returns text
language plpgsql
as $$
declare
    c_most_kept constant int := 100;
    v_task   tasker.task_state;
    v_step   tasker.step_state;
    v_stored text;
begin
    select t.state into v_task from tasker.tasks t where t.task_id = p_task_id for update;
    select s.state into v_step from tasker.steps s where s.task_id = p_task_id and s.step_no = p_step_no;
    if v_step = 'waiting' then
        raise exception 'the step waits' using errcode = 'TK009';
    end if;
    if v_step <> 'pending' or tasker.has_ended(v_task) then
        if exists (select from tasker.signals g
                   where g.task_id = p_task_id and g.step_no = p_step_no and g.key = p_key) then
            return 'repeated';
        end if;
        raise exception 'signal "%" cannot be received: %', p_signal ->> 'name',
            coalesce('it was received before, ' || case when v_step = 'complete'
                                                        then tasker.signal_senders(p_task_id, p_step_no) end,
                     case when v_step in ('complete', 'failed', 'skipped')
                          then 'its step is ' || v_step::text else 'the task is ' || v_task::text end)
            using errcode = 'TK008';
    end if;
    v_stored := tasker.store_signal(p_task_id, p_step_no, p_signal, p_payload, p_by, p_key);
    delete from tasker.signals g
    using (select e.step_no, e.key from tasker.signals e
           left join lateral (
               select s.state from tasker.steps s
               where s.task_id = e.task_id and s.step_no = e.step_no offset 0) s on true
           where e.task_id = p_task_id and coalesce(s.state, 'pending') = 'pending'
           order by e.received_at desc, e.key desc offset c_most_kept) o
    where g.task_id = p_task_id and g.step_no = o.step_no and g.key = o.key;
    return v_stored;
end;
$$;
