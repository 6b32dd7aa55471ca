-- Keeps, for this session's next claim, where it continues to read a queue, and raises the queue's floor.
-- It has no SET options: it runs under those of its caller.
-- called by: claim_steps.
-- p_mark: where this session continued, when it last read from the floor (ms), the floor.
-- p_next: where it will continue; null: at the floor.
-- p_raise: it may raise the floor.
create or replace function tasker.keep_mark(p_queue text, p_mark bigint[], p_next bigint, p_raise boolean)
returns void
language plpgsql
as $$
declare
    v_floor bigint := p_mark[3];
begin
    if p_raise then
        v_floor := tasker.raise_floor(
            p_queue, ('pgmq.q_' || p_queue)::regclass,
            format('select tasker_queues.%I($1)', 'first_' || p_queue));
    end if;
    perform set_config('tasker.mark_' || p_queue,
                       array[coalesce(p_next, v_floor), p_mark[2], v_floor]::text, false);
end;
$$;
