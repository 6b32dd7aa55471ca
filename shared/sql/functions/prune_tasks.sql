-- Deletes tasks that finished before a time, with their child tasks and all their rows: a batch, from the oldest task on.
-- Child tasks are deleted with the task that they belong to. A task of which a descendant is open, or a row is
-- locked, is left.
-- called by: the orchestrator (POST /v1/tasks/prune, and retention).
-- p_state: failed, complete or cancelled. p_after: the last task of the previous batch; null for the first one.
-- p_limit: how many tasks it looks at. p_namespace, p_name: of the template; null for all. p_dry_run: it only counts.
-- returns: how many tasks it deleted, child tasks included; the last task that it looked at, null if there are no more.
-- locks: tasks (skip locked), then all their rows. cancel_tasks locks steps first, so each wait is bounded.
-- raises: lock_not_available; the batch can be repeated.
-- cost: look-ups by key; complete tasks are found by their ids, which are ordered by time, others in a separate table.
create or replace function tasker.prune_tasks(
    p_state tasker.task_state, p_before timestamptz, p_after uuid, p_limit int, p_namespace text default null,
    p_name text default null, p_dry_run boolean default false,
    out pruned int, out next_after uuid)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
declare
    v_after     uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
    v_ceiling   uuid := tasker.uuid_v7_floor(p_before); -- a task finishes after its creation
    v_templates int[]; -- null: any
    v_seen      uuid[];
    v_roots     uuid[];
    v_tasks     uuid[];
begin
    pruned := 0;
    if p_namespace is not null or p_name is not null then
        v_templates := array(select tasker.find_templates(p_namespace, p_name, null));
    end if;
    if p_state = 'complete' then
        v_seen := array(
            select t.task_id from tasker.tasks t where t.task_id > v_after and t.task_id < v_ceiling
            order by t.task_id limit p_limit);
    else
        v_seen := array(
            select u.task_id from tasker.unsuccessful_tasks u
            where u.state = p_state and u.task_id > v_after and u.task_id < v_ceiling
            order by u.task_id limit p_limit);
    end if;
    if cardinality(v_seen) = p_limit then
        next_after := v_seen[p_limit];
    end if;
    -- `any (array[…])` and `offset 0`: decision 0113.
    v_roots := array(
        select t.task_id
        from (select u from unnest(v_seen) u order by u offset 0) i(task_id)
        join tasker.tasks t on t.task_id = any (array[i.task_id])
        where t.state = p_state and t.finished_at < p_before and t.parent_task is null
              and (v_templates is null or t.template_id = any (v_templates))
        for update of t skip locked);
    with recursive family as (
        select r.task_id as root, r.task_id from unnest(v_roots) r(task_id)
        union
        select f.root, c.child_id
        from family f
        cross join lateral (select c.child_id from tasker.child_tasks c where c.task_id = f.task_id offset 0) c
    ), open as materialized (
        select distinct f.root
        from family f
        cross join lateral (select t.finished_at from tasker.tasks t where t.task_id = f.task_id offset 0) t
        where t.finished_at is null
    )
    select coalesce(array_agg(f.task_id), '{}'), count(*)::int into v_tasks, pruned
    from family f where f.root not in (select o.root from open o);
    if p_dry_run or v_tasks = '{}' then
        return;
    end if;
    perform tasker.delete_tasks(v_tasks);
end;
$$;
