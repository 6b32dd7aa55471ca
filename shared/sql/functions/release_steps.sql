-- Returns claimed, unfinished steps, so that another worker can claim them immediately.
-- called by: a worker that stops. REQUIRES: the caller never reports these deliveries afterwards.
-- returns: how many steps were its own and were returned.
-- locks: the steps (task_id, step_no), then their messages (msg_id).
-- moves: step in_progress -> enqueued.
-- raises: TK001 arrays of different lengths.
create or replace function tasker.release_steps(
    p_queue text, p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[])
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_msg_ids bigint[];
begin
    if (cardinality(p_task_ids) = all (array[
            cardinality(p_step_nos), cardinality(p_deliveries), cardinality(p_msg_ids)])) is not true then
        raise exception 'release_steps: all arrays must have the same length' using errcode = 'TK001';
    end if;
    with back as (
        update tasker.steps s
        set state = 'enqueued', worker_id = null, started_at = null
        from (select * from unnest(p_task_ids, p_step_nos, p_deliveries, p_msg_ids)
                  i(task_id, step_no, delivery, msg_id)
              order by i.task_id, i.step_no) i
        where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.delivery = i.delivery
          and s.state = 'in_progress'
        returning i.msg_id
    )
    select array_agg(b.msg_id) into v_msg_ids from back b;
    if v_msg_ids is null then
        return 0;
    end if;
    execute format('select tasker_queues.%I($1, 0)', 'set_vt_' || p_queue) using v_msg_ids;
    perform tasker.note_ready(p_queue);
    return cardinality(v_msg_ids);
end;
$$;
