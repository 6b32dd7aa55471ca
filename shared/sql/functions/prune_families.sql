-- Deletes finished tasks with their child tasks and all their rows, but those with an open descendant. It has no SET
-- options: it runs under those of its caller.
-- called by: prune_tasks and erase_task, which have locked them.
-- p_roots: in ascending order. p_most_steps: it stops before the task that would bring the steps and items of the
--   others above this number, so that one transaction does not become too long. p_dry_run: it only counts.
-- returns: how many tasks it deleted, child tasks included; last_root: the task after which it stopped, null if it came
--   to the end.
-- raises: lock_not_available.
-- cost: look-ups by key for each of the tasks.
create or replace function tasker.prune_families(
    p_roots uuid[], p_most_steps int, p_dry_run boolean, out pruned int, out last_root uuid)
language plpgsql
as $$
declare
    v_tasks uuid[];
begin
    -- `offset 0`: decision 0113.
    with recursive family as (
        select r.task_id as root, r.task_id from unnest(p_roots) r(task_id)
        union
        select f.root, c.child_id
        from family f
        cross join lateral (select c.child_id from tasker.child_tasks c where c.task_id = f.task_id offset 0) c
    ), counted as (
        select f.root, array_agg(f.task_id) as tasks, bool_or(t.finished_at is null) as is_open,
               sum(p.steps_total + coalesce(m.items, 0)) as steps
        from family f
        cross join lateral (
            select t.finished_at, t.template_id from tasker.tasks t where t.task_id = f.task_id offset 0) t
        cross join lateral (
            select p.steps_total from tasker.templates p where p.template_id = t.template_id offset 0) p
        cross join lateral (
            select sum(m.items_total) as items from tasker.maps m where m.task_id = f.task_id offset 0) m
        group by f.root
    ), bounded as (
        select c.*, coalesce(sum(c.steps) filter (where not c.is_open) over (
                   order by c.root rows between unbounded preceding and 1 preceding), 0) as steps_before
        from counted c
    ), chosen as (
        select b.*, b.steps_before = 0 or b.steps_before + b.steps <= p_most_steps as fits from bounded b
    )
    select coalesce((select array_agg(u.task_id) from chosen c cross join lateral unnest(c.tasks) u(task_id)
                     where not c.is_open and c.root < l.first), '{}'),
           case when l.some_left then (select c.root from chosen c where c.root < l.first order by c.root desc limit 1) end
    into v_tasks, last_root
    from (select coalesce((select c.root from chosen c where not c.fits order by c.root limit 1),
                          'ffffffff-ffff-ffff-ffff-ffffffffffff') as first,
                 exists (select from chosen c where not c.fits) as some_left) l;
    pruned := cardinality(v_tasks);
    if not p_dry_run and pruned > 0 then
        perform tasker.delete_tasks(v_tasks);
    end if;
end;
$$;
