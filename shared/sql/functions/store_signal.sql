-- Stores a signal for a step. It has no SET options: it runs under those of its callers.
-- called by: signal_task, keep_signal.
-- REQUIRES: the caller has locked the step, or the task of a step that does not wait yet.
-- returns: `stored`; `last`: it is the last one that the step needs; `repeated`: its key was used before.
-- raises: TK001 no sender where senders are counted; TK008 the step has all its signals, or this sender's.
create or replace function tasker.store_signal(
    p_task_id uuid, p_step_no int, p_signal json, p_payload json, p_by text, p_key text) returns text
language plpgsql
as $$
declare
    v_quorum int := coalesce((p_signal ->> 'quorum')::int, 1);
    v_stored record;
begin
    select count(*) as signals, coalesce(bool_or(g.key = p_key), false) as has_key,
           coalesce(bool_or(g.sender = p_by), false) as has_sender
    into v_stored
    from tasker.signals g where g.task_id = p_task_id and g.step_no = p_step_no;
    if v_stored.has_key then
        return 'repeated';
    elsif v_stored.signals >= v_quorum then
        raise exception 'signal "%" was received before, %', p_signal ->> 'name',
            tasker.signal_senders(p_task_id, p_step_no)
            using errcode = 'TK008';
    elsif v_quorum > 1 and p_by is null then
        raise exception 'by: is required, because signal "%" counts % different senders', p_signal ->> 'name',
            v_quorum using errcode = 'TK001';
    elsif v_quorum > 1 and v_stored.has_sender then
        raise exception 'signal "%" was received from "%" before', p_signal ->> 'name', p_by
            using errcode = 'TK008';
    end if;
    insert into tasker.signals (task_id, step_no, key, received_at, sender, payload)
    values (p_task_id, p_step_no, p_key, tasker.clock(), p_by, p_payload);
    return case when v_stored.signals + 1 >= v_quorum then 'last' else 'stored' end;
end;
$$;
