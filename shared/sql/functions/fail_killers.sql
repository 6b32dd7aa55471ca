-- Permanently fails the steps that have no lease left: each of them probably kills its worker.
-- called by: lease_steps, with the messages that it did not lease.
-- returns: whether it failed one.
-- locks, moves: as finish_steps.
create or replace function tasker.fail_killers(
    p_queue text, p_worker int, p_lease_s int, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[])
returns boolean
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_step  record;
    v_found boolean := false;
begin
    for v_step in
        select s.task_id, s.step_no, s.delivery, m.msg_id
        from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
        join tasker.steps s on s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
        where s.state = 'in_progress' and tasker.has_no_lease_left(s.lost_alone, s.alone, s.started_at)
    loop
        perform tasker.finish_steps(
            p_queue, p_worker, p_lease_s, 0, array[v_step.task_id], array[v_step.step_no],
            array[v_step.delivery], array[v_step.msg_id], array['permanent_failure'::tasker.outcome],
            array['{"message": "its worker was lost 10 times while the step ran alone", "type": "lease_lost"}'],
            array[null::int], array[null::int]);
        v_found := true;
    end loop;
    return v_found;
end;
$$;
