-- Deletes tasks that finished before a time, with their child tasks and all their rows: a batch, from the oldest task
-- on. A task is kept if a descendant is open, or if another session has locked one of its rows.
-- called by: the orchestrator (POST /v1/tasks/prune, and retention).
-- p_state: failed, complete or cancelled. p_after: the last task of the previous batch; null for the first one.
-- p_limit: how many tasks it looks at. p_namespace, p_name: of the template; null for all. p_dry_run: it only counts.
-- p_most_steps: see prune_families.
-- returns: how many tasks it deleted, child tasks included; the last task that it looked at, null if there are no more.
-- locks: tasks (skip locked), then all their rows. cancel_tasks locks steps first, so each wait is bounded.
-- cost: look-ups by key; complete tasks are found by their ids, which are ordered by time, others in a separate table.
create or replace function tasker.prune_tasks(
    p_state tasker.task_state, p_before timestamptz, p_after uuid, p_limit int, p_namespace text default null,
    p_name text default null, p_dry_run boolean default false, p_most_steps int default 20000,
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
    v_root      uuid;
    v_batch     record;
begin
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
    -- `any (array[…])` and `offset 0`: decision 0113. Child tasks are deleted with the task that they belong to.
    v_roots := array(
        select t.task_id
        from (select u from unnest(v_seen) u order by u offset 0) i(task_id)
        join tasker.tasks t on t.task_id = any (array[i.task_id])
        where t.state = p_state and t.finished_at < p_before and t.parent_task is null
              and (v_templates is null or t.template_id = any (v_templates))
        for update of t skip locked);
    begin
        v_batch := tasker.prune_families(v_roots, p_most_steps, p_dry_run);
        pruned := v_batch.pruned;
        next_after := coalesce(v_batch.last_root, next_after);
    exception when lock_not_available then
        pruned := 0;
        foreach v_root in array v_roots loop
            begin
                v_batch := tasker.prune_families(array[v_root], p_most_steps, p_dry_run);
                pruned := pruned + v_batch.pruned;
            exception when lock_not_available then
                continue;
            end;
        end loop;
    end;
end;
$$;
