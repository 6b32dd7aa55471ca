-- Tasks that have failed and are no child tasks, by filter, newest first. Those whose steps are being undone are not
-- among them. A null filter means any.
-- p_step, p_error_type: of the failure, see failures_of. p_before_id: the last task of the previous page; null for the
--   first page. p_most: how many failed tasks it reads, child tasks included.
-- called by: list_dead_letters, dead_letter_groups; the orchestrator (POST /v1/dead-letters/requeue and /discard).
-- returns: the tasks, at most p_limit; next_before: where the next page begins, null if there are no more.
-- cost: reads the failed tasks backwards by the key of unsuccessful_tasks until the page is full, or p_most tasks are
--   read; with p_step or p_error_type their steps too.
create or replace function tasker.find_dead_letters(
    p_namespace text, p_template text, p_step text, p_error_type text, p_failed_before timestamptz, p_before_id uuid,
    p_limit int, p_most int default 10000, out task_ids uuid[], out next_before uuid)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    c_most_steps constant bigint := 500000::bigint; -- of the tasks that it reads
    v_templates int[]; -- null: any
    v_left      int := p_most;
    v_steps     bigint := c_most_steps;
    v_size      int := p_limit + 1; -- of the next part
    v_seen      uuid[];
    v_part      record;
begin
    task_ids := '{}'::uuid[];
    -- A task fails after its creation. Clients' clocks make task ids: leave room for their skew.
    next_before := least(
        tasker.uuid_v7_floor(coalesce(p_failed_before, 'infinity') + interval '1 minute'), p_before_id);
    if p_namespace is not null or p_template is not null then
        v_templates := array(select tasker.find_templates(p_namespace, p_template, null));
        if v_templates = '{}' then
            next_before := null;
            return;
        end if;
    end if;
    loop
        v_size := least(v_size, v_left);
        v_seen := array(
            select u.task_id from tasker.unsuccessful_tasks u
            where u.state = 'failed' and u.task_id < next_before
            order by u.task_id desc limit v_size);
        exit when v_seen = '{}';
        select coalesce(array_agg(c.task_id order by c.n) filter (where c.is_found), '{}') as task_ids,
               max(c.n)::int as n, coalesce(sum(c.steps_total) filter (where c.is_found), 0) as steps
        into v_part
        from (select i.task_id, i.n, f.is_found, p.steps_total,
                     sum(p.steps_total) filter (where f.is_found) over (order by i.n) as steps
              -- `offset 0`: decision 0113.
              from unnest(v_seen) with ordinality i(task_id, n)
              cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
              cross join lateral (
                  select p.steps_total from tasker.templates p where p.template_id = t.template_id offset 0) p
              cross join lateral (
                  select t.state = 'failed' and t.parent_task is null
                         and coalesce(t.finished_at < coalesce(p_failed_before, 'infinity'), false)
                         and (v_templates is null or t.template_id = any (v_templates)) as is_found) f) c
        where c.n = 1 or coalesce(c.steps, 0) <= v_steps;
        if p_step is not null or p_error_type is not null then
            v_part.task_ids := array(
                select f.task_id from tasker.failures_of(v_part.task_ids) f
                where (p_step is null or f.step = p_step)
                      and (p_error_type is null or f.error ->> 'type' = p_error_type));
        end if;
        task_ids := task_ids || v_part.task_ids;
        if cardinality(task_ids) > p_limit then
            task_ids := task_ids[1:p_limit];
            next_before := task_ids[p_limit];
            return;
        end if;
        exit when v_part.n = cardinality(v_seen) and v_part.n < v_size;
        next_before := v_seen[v_part.n];
        v_left := v_left - v_part.n;
        v_steps := v_steps - v_part.steps;
        if v_left <= 0 or v_steps <= 0 or v_part.n < cardinality(v_seen) then
            return;
        end if;
        v_size := 1000;
    end loop;
    next_before := null;
end;
$$;
