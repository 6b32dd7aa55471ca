-- Stores what handlers noted about steps that a worker still holds. The arrays are parallel; null: not noted since the
-- last call.
-- p_notes: numbers that grow with each note of a delivery, so that a call that arrives late changes nothing.
-- p_checkpoints: JSON. p_progress: from 0 to 1. p_spent: {"<unit>": <amount>, …}, all that this delivery has spent.
-- called by: the worker, within a second of the note, and before it reports a failure or returns the step; what was
--   spent, before each report. Its commit may be asynchronous: a lost checkpoint only repeats work, and a report that
--   follows makes what was spent durable.
-- returns: how many of the steps the caller still holds.
-- locks: the steps (task_id, step_no); then the tasks that spent (task_id).
-- raises: TK001 when the arrays differ in length.
-- cost: a primary-key look-up and an upsert a step, and for the first note of a step a HOT update.
create or replace function tasker.store_progress(
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_notes int[], p_checkpoints text[],
    p_progress double precision[], p_messages text[], p_spent text[] default null)
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
    v_count int;
begin
    if (cardinality(p_task_ids) = all (array[
            cardinality(p_step_nos), cardinality(p_deliveries), cardinality(p_notes),
            cardinality(p_checkpoints), cardinality(p_progress), cardinality(p_messages),
            coalesce(cardinality(p_spent), cardinality(p_messages))])) is not true then
        raise exception 'store_progress: all arrays must have the same length' using errcode = 'TK001';
    end if;
    if p_spent is not null then
        perform tasker.add_spending(p_task_ids, p_step_nos, p_deliveries, p_notes, p_spent);
    end if;
    with own as materialized (
        select i.*, s.has_progress
        from (select * from unnest(p_task_ids, p_step_nos, p_deliveries, p_notes, p_checkpoints, p_progress, p_messages,
                                   p_spent)
                  u(task_id, step_no, delivery, note, checkpoint, progress, message, spent)
              order by u.task_id, u.step_no offset 0) i
        join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        where s.delivery = i.delivery and s.state = 'in_progress'
        for update of s
    ), noted as (
        insert into tasker.step_progress as n (task_id, step_no, delivery, note, checkpoint, progress, message,
                                               spent)
        select o.task_id, o.step_no, o.delivery, o.note, o.checkpoint::json, o.progress, o.message, o.spent::jsonb
        from own o
        on conflict (task_id, step_no) do update
        set delivery = excluded.delivery, note = excluded.note,
            checkpoint = coalesce(excluded.checkpoint, n.checkpoint),
            progress = coalesce(excluded.progress, n.progress), message = coalesce(excluded.message, n.message),
            spent = case when n.delivery = excluded.delivery then coalesce(excluded.spent, n.spent)
                         else excluded.spent end
        where (excluded.delivery, excluded.note) > (n.delivery, n.note)
    ), marked as (
        update tasker.steps s set has_progress = true
        from (select o.task_id, o.step_no from own o where not o.has_progress) o
        where s.task_id = any (array[o.task_id]) and s.step_no = o.step_no
    )
    select count(*)::int into v_count from own;
    return v_count;
end;
$$;
