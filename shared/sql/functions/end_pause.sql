-- Ends a pause: the timers that were held because of it are due now, and the deadlines of signals and tasks are as much
-- later as the pause was long. Where another pause is left, the deadlines are moved only for the time before that one
-- began, and due timers are held again. Its other settings are those of its callers.
-- called by: resume_task, resume_tasks.
-- p_namespace_id, p_template, p_task_id: those of the pause.
-- returns: whether there was such a pause.
-- locks: pauses_lock, first; the pause; then timers (due_at, task_id, step_no, kind).
-- cost: for a task, its child tasks and their timers; otherwise all timers that are held, or are deadlines.
create or replace function tasker.end_pause(p_namespace_id bigint, p_template text, p_task_id uuid) returns boolean
language plpgsql
set jit = off -- a scan of tasker.pauses has the cost of a disabled one
as $$
declare
    v_now   timestamptz;
    v_pause tasker.pauses;
    v_tasks uuid[];
    v_moved record;
    v_queue text;
begin
    perform pg_advisory_xact_lock(tasker.pauses_lock());
    v_now := tasker.clock();
    select * into v_pause from tasker.pauses x
    where x.namespace_id is not distinct from p_namespace_id and x.template is not distinct from p_template
          and x.task_id is not distinct from p_task_id
    for update;
    if not found then
        return false;
    end if;
    -- `any (array[…])` and `offset 0`: decision 0113.
    if p_task_id is not null then
        v_tasks := array(
            with recursive family as (
                select p_task_id as task_id
                union
                select c.child_id from family f
                cross join lateral (select c.child_id from tasker.child_tasks c where c.task_id = f.task_id offset 0) c
            )
            select f.task_id from family f);
    else
        v_tasks := array(
            select distinct d.task_id from tasker.timers d
            where tasker.is_held(d.due_at) or d.kind in ('deadline', 'task_deadline'));
    end if;
    select array_agg(p.task_id) as tasks, array_agg(p.counted_until) as counted_until, array_agg(p.is_last) as are_last
    into v_moved
    from (select p.task_id,
                 least(v_now, min((p.pause).paused_at) filter (where (p.pause).pause_id <> v_pause.pause_id))
                     as counted_until,
                 count(*) = 1 as is_last
          from tasker.pauses_of(v_tasks) p
          group by p.task_id
          having bool_or((p.pause).pause_id = v_pause.pause_id)) p;
    delete from tasker.pauses x where x.pause_id = v_pause.pause_id;

    perform from tasker.timers d
    where d.task_id = any (v_moved.tasks) and (tasker.is_held(d.due_at) or d.kind in ('deadline', 'task_deadline'))
    order by d.due_at, d.task_id, d.step_no, d.kind
    for update;
    update tasker.timers d
    set due_at = case when d.kind in ('deadline', 'task_deadline')
                      then greatest(case when m.is_last then m.now end, tasker.shown_due(d.due_at)
                                    + greatest(m.counted_until - greatest(v_pause.paused_at, m.began_at), interval '0'))
                      -- Two messages of a step have two timers, whose keys must differ.
                      else m.now - m.others * interval '1 microsecond' end
    from (select m.task_id, m.counted_until, m.is_last, v_now as now, d.due_at, d.step_no, d.kind,
                 row_number() over (partition by m.task_id, d.step_no, d.kind order by d.due_at) - 1 as others,
                 case d.kind when 'task_deadline' then tasker.shown_due(d.due_at) - p.timeout_ms * interval '1 millisecond'
                      else (select w.since from tasker.signal_waits w
                            where w.task_id = m.task_id and w.step_no = d.step_no) end as began_at
          from unnest(v_moved.tasks, v_moved.counted_until, v_moved.are_last) m(task_id, counted_until, is_last)
          cross join lateral (select t.template_id from tasker.tasks t where t.task_id = m.task_id offset 0) t
          cross join lateral (
              select p.timeout_ms from tasker.templates p where p.template_id = t.template_id offset 0) p
          cross join lateral (
              select d.due_at, d.step_no, d.kind from tasker.timers d
              where d.task_id = m.task_id
                    and (tasker.is_held(d.due_at) or d.kind in ('deadline', 'task_deadline')) offset 0) d
          offset 0) m
    where d.due_at = any (array[m.due_at]) and d.task_id = any (array[m.task_id]) and d.step_no = m.step_no
          and d.kind = m.kind;
    perform tasker.note_timer(0);
    if p_task_id is null and p_template is null then
        for v_queue in
            select tasker.queue_name(n.name, p::int2) from tasker.namespaces n cross join generate_series(1, 4) p
            where p_namespace_id is null or n.namespace_id = p_namespace_id
        loop
            perform tasker.note_ready(v_queue);
        end loop;
    end if;
    return true;
end;
$$;
