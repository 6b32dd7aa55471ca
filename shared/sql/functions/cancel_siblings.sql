-- Cancels the open child tasks of steps of which another child failed or was cancelled, unless that is collected. What
-- they have done is undone: a step failed, and no user asked for this. If rows of a child are locked, the timer of its
-- step becomes due again in a second.
-- called by: fire_children, before it locks the steps. It has no SET options: it runs under those of its callers.
-- locks: see cancel_unlocked.
create or replace function tasker.cancel_siblings(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_open  record;
    v_ended record;
begin
    select array_agg(c.child_id) as children, array_agg(c.task_id) as tasks, array_agg(c.step_no) as steps
    into v_open
    from (select w.task_id, w.step_no, t.task_id as child_id, t.state,
                 bool_or(t.state in ('failed', 'cancelled') and not c.collect)
                     over (partition by w.task_id, w.step_no) as must_end
          from (select distinct u.task_id, u.step_no from unnest(p_task_ids, p_step_nos) u(task_id, step_no)) w
          -- `offset 0`: decision 0113.
          cross join lateral (
              select s.failures from tasker.steps s
              where s.task_id = w.task_id and s.step_no = w.step_no and s.state = 'waiting' offset 0) s
          cross join lateral (
              select * from tasker.child_tasks c
              where c.task_id = w.task_id and c.step_no = w.step_no and c.attempt = s.failures offset 0) c
          cross join lateral (select * from tasker.tasks t where t.task_id = c.child_id offset 0) t) c
    where c.must_end and not tasker.has_ended(c.state);
    if v_open.children is null then
        return;
    end if;
    v_ended := tasker.cancel_unlocked(v_open.children, true, false);
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select distinct tasker.clock() + case when o.child_id = any (v_ended.locked) then interval '1 second'
                                          else interval '0' end, o.task_id, o.step_no, 'child_failed'::tasker.timer_kind
    from unnest(v_open.children, v_open.tasks, v_open.steps) o(child_id, task_id, step_no)
    where o.child_id = any (v_ended.locked || v_ended.untried)
    on conflict do nothing;
end;
$$;
