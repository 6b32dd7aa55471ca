-- on tables a7c32677c1a25ae23651ad2d8b49f461
set check_function_bodies = off;
CREATE OR REPLACE FUNCTION tasker.backoff_ms(p_backoff tasker.backoff, p_base_ms bigint, p_max_ms bigint, p_failures integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
    select least(p_max_ms::numeric, p_base_ms::numeric * case p_backoff
        when 'none' then 0
        when 'linear' then p_failures
        when 'exponential' then power(2::numeric, least(p_failures - 1, 62))
        when 'fibonacci' then
            round(power((1 + sqrt(5::float8)) / 2, least(p_failures, 70)) / sqrt(5::float8))::numeric
    end)::bigint
$function$
;
CREATE OR REPLACE FUNCTION tasker.cancel_tasks(p_task_ids uuid[])
 RETURNS TABLE(task_id uuid, cancelled boolean, state tasker.task_state)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
    v_now       timestamptz := tasker.clock();
    v_open      uuid[];
    v_cancelled uuid[];
begin
    v_open := array(select t.task_id from tasker.tasks t
                    where t.task_id = any (p_task_ids)
                      and t.state in ('pending', 'running', 'waiting', 'blocked')
                    order by t.task_id);
    loop
        with own as materialized (
            select s.task_id, s.step_no
            from unnest(v_open) o(task_id)
            join tasker.steps s on s.task_id = o.task_id
            where s.state in ('pending', 'enqueued', 'in_progress', 'waiting_for_retry')
            order by s.task_id, s.step_no
            for update of s
        )
        update tasker.steps s set state = 'cancelled', finished_at = v_now
        from own
        where s.task_id = own.task_id and s.step_no = own.step_no
          and s.state in ('pending', 'enqueued', 'in_progress', 'waiting_for_retry');
        exit when not exists (
            select from unnest(v_open) o(task_id)
            join tasker.steps s on s.task_id = o.task_id
            where s.state in ('pending', 'enqueued', 'in_progress', 'waiting_for_retry'));
    end loop;

    with moved as (
        update tasker.tasks t
        set state = 'cancelled', steps_active = 0, steps_deferred = 0, finished_at = v_now
        where t.task_id = any (v_open) and t.state in ('pending', 'running', 'waiting', 'blocked')
        returning t.task_id
    )
    select array_agg(m.task_id) into v_cancelled from moved m;
    if v_cancelled is not null then
        perform tasker.note_settled(v_cancelled);
    end if;
    return query
        select t.task_id, t.task_id = any (coalesce(v_cancelled, '{}')), t.state
        from tasker.tasks t where t.task_id = any (p_task_ids);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.claim_steps(p_queues text[], p_worker integer, p_lease_s integer, p_qty integer)
 RETURNS SETOF tasker.claimed_step
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    v_began      timestamptz := clock_timestamp();
    v_now        timestamptz;  -- after the read, so that no step starts before it was enqueued
    v_queue      text;
    v_left       int := p_qty;
    v_last       bigint;       -- the last message that was read of the queue
    v_msg_ids    bigint[];
    v_read       int;
    v_again      boolean;      -- some of it was read before
    v_task_ids   uuid[];
    v_step_nos   int[];
    v_task_texts text[];
    v_step_texts text[];
    v_held       bigint[];     -- what of it was leased
    v_deleted    int;          -- how many of it were not
    v_tasks      uuid[];
    v_steps      int[];
    v_fresh      uuid[];
    v_dead       record;
    v_died       boolean := false;
begin
    foreach v_queue in array p_queues loop
        v_last := 0;
        while v_left > 0 loop
            -- What pgmq.read does, in two plain statements: its one costs twice as much to plan.
            -- A sub-select hides the number from the planner, which would look up the least msg_id to
            -- judge it, behind all of the dead rows at the head of a busy queue (30 us a step).
            execute format(
                'select array_agg(m.msg_id), array_agg(m.message ->> ''task_id''),
                        array_agg(m.message ->> ''step_no''), bool_or(m.read_ct > 0)
                 from (select q.msg_id, q.read_ct, q.message from pgmq.%I q where q.vt <= clock_timestamp()
                       and q.msg_id > (select $2) order by q.msg_id limit $1 for update skip locked) m',
                'q_' || v_queue)
            into v_msg_ids, v_task_texts, v_step_texts, v_again using v_left, v_last;
            exit when v_msg_ids is null;
            v_read := cardinality(v_msg_ids);
            v_last := v_msg_ids[v_read];
            execute format(
                'update pgmq.%I q set vt = clock_timestamp() + make_interval(secs => $2),
                        last_read_at = clock_timestamp(), read_ct = q.read_ct + 1
                 where q.msg_id = any ($1)', 'q_' || v_queue) using v_msg_ids, p_lease_s;
            v_now := tasker.clock();
            begin
                v_task_ids := v_task_texts;
                v_step_nos := v_step_texts;
            exception when invalid_text_representation or numeric_value_out_of_range then
                -- Somebody else's messages are among them: they become null, and match nothing.
                select array_agg(x.task_id::uuid), array_agg(x.step_no::int) into v_task_ids, v_step_nos
                from (select case when u.t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then u.t end,
                             case when u.n ~ '^\d{1,5}$' then u.n end
                      from unnest(v_task_texts, v_step_texts) u(t, n)) x(task_id, step_no);
            end;

            -- The report of a step whose lease ran out locks the step, then the message: to wait for it
            -- here, with the message locked, would be a deadlock. What is locked is left to its report.
            if v_again then
                with free as materialized (
                    select s.task_id, s.step_no
                    from unnest(v_task_ids, v_step_nos) m(task_id, step_no)
                    join tasker.steps s on s.task_id = m.task_id and s.step_no = m.step_no
                    for update of s skip locked
                )
                select array_agg(m.msg_id), array_agg(m.task_id), array_agg(m.step_no)
                into v_msg_ids, v_task_ids, v_step_nos
                from unnest(v_msg_ids, v_task_ids, v_step_nos) m(msg_id, task_id, step_no)
                where exists (select from free f where f.task_id = m.task_id and f.step_no = m.step_no)
                   or not exists (select from tasker.steps s
                                  where s.task_id = m.task_id and s.step_no = m.step_no);
                continue when v_msg_ids is null;
            end if;

            with held as (
                update tasker.steps s
                set state = 'in_progress', attempt = s.attempt + 1, worker_id = p_worker, started_at = v_now,
                    lost_leases = s.lost_leases + (s.state = 'in_progress')::int
                from (select * from unnest(v_msg_ids, v_task_ids, v_step_nos) m(msg_id, task_id, step_no)
                      order by task_id, step_no) m
                join tasker.tasks t on t.task_id = m.task_id
                where s.task_id = m.task_id and s.step_no = m.step_no
                  and (s.state = 'enqueued' or s.state = 'in_progress' and s.lost_leases < 9)
                  and t.state in ('pending', 'running', 'waiting')
                returning m.msg_id, s.task_id, s.step_no, t.state = 'pending' as fresh
            )
            select array_agg(h.msg_id), array_agg(h.task_id), array_agg(h.step_no),
                   array_agg(h.task_id order by h.task_id) filter (where h.fresh)
            into v_held, v_tasks, v_steps, v_fresh
            from held h;

            v_deleted := cardinality(v_msg_ids) - coalesce(cardinality(v_held), 0);
            if v_deleted > 0 then
                for v_dead in
                    select s.task_id, s.step_no, s.attempt, m.msg_id
                    from unnest(v_msg_ids, v_task_ids, v_step_nos) m(msg_id, task_id, step_no)
                    join tasker.steps s on s.task_id = m.task_id and s.step_no = m.step_no
                    where s.state = 'in_progress' and s.lost_leases >= 9
                      and m.msg_id <> all (coalesce(v_held, '{}'))
                loop
                    perform tasker.finish_steps(
                        v_queue, p_worker, p_lease_s, 0, array[v_dead.task_id], array[v_dead.step_no],
                        array[v_dead.attempt], array[v_dead.msg_id], array[2::int2],
                        array['{"message": "its worker was lost 10 times while it ran", "type": "lease_lost"}'],
                        array[null::int]);
                    v_died := true;
                end loop;
                perform pgmq.delete(v_queue, array(
                    select m.msg_id from unnest(v_msg_ids) m(msg_id)
                    where m.msg_id <> all (coalesce(v_held, '{}'))));
            end if;
            if v_fresh is not null then
                update tasker.tasks t set state = 'running', started_at = v_now
                where t.task_id = any (v_fresh) and t.state = 'pending';
            end if;
            if v_held is not null then
                v_left := v_left - cardinality(v_held);
                return query select * from tasker.claimed_rows(v_queue, v_held, v_tasks, v_steps);
            end if;
            exit when coalesce(cardinality(v_held), 0) = v_read or clock_timestamp() > v_began + interval '5 seconds';
        end loop;
    end loop;
    if v_died then
        -- Rare enough to be announced in this transaction: claims are followed by no flush of their own.
        perform tasker.flush_notifications();
    end if;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.claimed_rows(p_queue text, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos integer[])
 RETURNS SETOF tasker.claimed_step
 LANGUAGE sql
 STABLE
AS $function$
    select p_queue, m.msg_id, s.task_id, s.step_no, s.attempt, d.max_attempts, s.failures, d.timeout_ms,
           d.name, d.handler, d.handler_method, d.initialization, p.namespace, p.name, p.version,
           t.priority, t.context,
           case when s.parents_total > 0 and s.parents_bytes <= tasker.joined_bytes_limit() then (
               select json_object_agg(
                   (select n.name from tasker.template_steps n
                    where n.template_id = s.template_id and n.step_no = u.parent_no),
                   coalesce((select r.result from tasker.steps r
                             where r.task_id = s.task_id and r.step_no = u.parent_no), 'null'))
               from unnest(d.parents) u(parent_no))
           end,
           s.parents_bytes
    from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
    join tasker.steps s on s.task_id = m.task_id and s.step_no = m.step_no
    join tasker.tasks t on t.task_id = m.task_id
    join tasker.templates p on p.template_id = s.template_id
    join tasker.template_steps d on d.template_id = s.template_id and d.step_no = s.step_no
$function$
;
CREATE OR REPLACE FUNCTION tasker.clock()
 RETURNS timestamp with time zone
 LANGUAGE sql
 PARALLEL SAFE
AS $function$ select pg_catalog.clock_timestamp() $function$
;
CREATE OR REPLACE FUNCTION tasker.create_task(p_namespace text, p_name text, p_version text DEFAULT NULL::text, p_context json DEFAULT '{}'::json, p_priority integer DEFAULT 2, p_key text DEFAULT NULL::text, p_context_validated boolean DEFAULT false)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_template tasker.templates;
    v_task_id  uuid := tasker.uuid_v7();
    v_existing uuid;
begin
    select * into v_template from tasker.templates t
    where t.namespace = p_namespace and t.name = p_name and (p_version is null or t.version = p_version)
    order by string_to_array(t.version, '.')::int[] desc limit 1;
    if not found then
        raise exception 'no template %/% %', p_namespace, p_name, coalesce(p_version, '(any version)')
            using errcode = 'TK002';
    end if;
    if p_priority is null or p_priority not between 1 and 4 then
        raise exception 'priority must be 1 (low), 2 (normal), 3 (high) or 4 (urgent), not %', p_priority
            using errcode = 'TK001';
    end if;
    if v_template.has_input_schema and not p_context_validated then
        raise exception 'template %/% declares an input_schema, which the database cannot check: pass p_context_validated => true once you have', p_namespace, p_name
            using errcode = 'TK001';
    end if;
    select c.task_id into v_existing
    from tasker.create_tasks(array[v_task_id], array[v_template.template_id], array[p_priority::int2],
                             array[p_context::text], array[p_key], true,
                             array[p_version]) c
    where c.ordinal = 1;
    return coalesce(v_existing, v_task_id);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.create_tasks(p_task_ids uuid[], p_template_ids integer[], p_priorities smallint[], p_contexts text[], p_keys text[], p_atomic boolean DEFAULT false, p_versions text[] DEFAULT NULL::text[])
 RETURNS TABLE(ordinal integer, task_id uuid, outcome text, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
    v_now     timestamptz := tasker.clock();
    v_count   int := cardinality(p_task_ids);
    v_unknown int;
    v_old     int[] := '{}';
    v_new     record;
begin
    if v_count is null or v_count <> cardinality(p_template_ids) or v_count <> cardinality(p_priorities)
       or v_count <> cardinality(p_contexts) or v_count <> cardinality(p_keys)
       or v_count <> cardinality(p_versions) then
        raise exception 'create_tasks: all arrays must have the same length' using errcode = 'TK001';
    end if;
    select i.id into v_unknown from (select distinct unnest(p_template_ids) as id) i
    where not exists (select from tasker.templates t where t.template_id = i.id) limit 1;
    if found then
        raise exception 'unknown template id %', v_unknown using errcode = 'TK002';
    end if;

    return query select 0, null::uuid, 'created', v_now;
    if array_length(array_remove(p_keys, null), 1) > 0 then
        insert into tasker.idempotency_keys (namespace_id, key, task_id, request_hash)
        select t.namespace_id, i.key, i.task_id,
               tasker.request_hash(t.namespace, t.name, i.version, i.priority, i.context)
        from unnest(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys, p_versions) with ordinality
                 as i(task_id, template_id, priority, context, key, version, n)
        join tasker.templates t on t.template_id = i.template_id
        where i.key is not null
        order by t.namespace_id, i.key, i.n
        on conflict do nothing;

        for v_new in
            select i.n::int as n, k.task_id,
                   k.request_hash = tasker.request_hash(
                       t.namespace, t.name, i.version, i.priority, i.context) as same,
                   i.key, (select o.created_at from tasker.tasks o where o.task_id = k.task_id) as at
            from unnest(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys, p_versions)
                     with ordinality
                     as i(task_id, template_id, priority, context, key, version, n)
            join tasker.templates t on t.template_id = i.template_id
            join tasker.idempotency_keys k on k.namespace_id = t.namespace_id and k.key = i.key
            where k.task_id <> i.task_id
            order by i.n
        loop
            if p_atomic and not v_new.same then
                raise exception 'idempotency key "%" was used before with another body', v_new.key
                    using errcode = 'TK004', detail = format('ordinal %s', v_new.n);
            end if;
            v_old := v_old || v_new.n;
            return query select v_new.n, v_new.task_id,
                                case when v_new.same then 'existing' else 'conflict' end,
                                coalesce(v_new.at, v_now);
        end loop;
    end if;

    for v_new in
        with task as (
            insert into tasker.tasks
                (task_id, template_id, state, priority, steps_active, steps_deferred, steps_failed,
                 created_at, idempotency_key, context)
            select i.task_id, i.template_id, 'pending', i.priority, cardinality(t.roots), 0, 0, v_now,
                   i.key, i.context::json
            from unnest(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys) with ordinality
                     as i(task_id, template_id, priority, context, key, n)
            join tasker.templates t on t.template_id = i.template_id
            where i.n::int <> all (v_old)
            on conflict do nothing
            returning task_id, template_id, priority
        ), root as (
            insert into tasker.steps
                (task_id, step_no, template_id, parents_total, parents_done, state, enqueued_at)
            select task.task_id, r.step_no, task.template_id, 0, 0, 'enqueued', v_now
            from task
            join tasker.templates t on t.template_id = task.template_id
            cross join lateral unnest(t.roots) r(step_no)
        )
        select tasker.queue_name(t.namespace, task.priority) as queue,
               array_agg(task.task_id) as task_ids, array_agg(r.step_no) as step_nos
        from task
        join tasker.templates t on t.template_id = task.template_id
        cross join lateral unnest(t.roots) r(step_no)
        group by 1
        order by 1
    loop
        perform tasker.enqueue_steps(v_new.queue, v_new.task_ids, v_new.step_nos);
    end loop;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.enqueue_steps(p_queue text, p_task_ids uuid[], p_step_nos integer[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
    execute format(
        'insert into pgmq.%I (vt, message)
         select clock_timestamp(), jsonb_build_object(''task_id'', s.task_id, ''step_no'', s.step_no)
         from unnest($1, $2) s(task_id, step_no)', 'q_' || p_queue)
    using p_task_ids, p_step_nos;
    perform tasker.note_ready(p_queue);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.ensure_namespace(p_namespace text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_id    int;
    v_queue text;
begin
    select n.namespace_id into v_id from tasker.namespaces n where n.name = p_namespace;
    if found then
        return v_id;
    end if;
    if p_namespace is null or p_namespace !~ '^[a-z][a-z0-9_]{0,31}$' or p_namespace ~ '__|_$' then
        raise exception 'namespace "%" must be 1 to 32 of a-z, 0-9 and single _, begin with a letter and not end with _', p_namespace
            using errcode = 'TK001';
    end if;

    insert into tasker.namespaces (name, created_at) values (p_namespace, tasker.clock())
    on conflict (name) do update set name = excluded.name
    returning namespace_id into v_id;

    for v_queue in select tasker.queue_name(p_namespace, p::int2) from generate_series(1, 4) p loop
        perform pgmq.create(v_queue);
        execute format('drop index if exists pgmq.%I', 'q_' || v_queue || '_vt_idx');
        execute format('alter table pgmq.%I set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05,
                        autovacuum_vacuum_cost_delay = 0)', 'q_' || v_queue);
    end loop;
    return v_id;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.extend_leases(p_queue text, p_lease_s integer, p_task_ids uuid[], p_step_nos integer[], p_attempts integer[], p_msg_ids bigint[])
 RETURNS SETOF integer
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    v_own bigint[] := array(
        select i.msg_id
        from unnest(p_task_ids, p_step_nos, p_attempts, p_msg_ids) i(task_id, step_no, attempt, msg_id)
        join tasker.steps s on s.task_id = i.task_id and s.step_no = i.step_no
        where s.attempt = i.attempt and s.state = 'in_progress');
begin
    if cardinality(v_own) > 0 then
        perform pgmq.set_vt(p_queue, v_own, p_lease_s);
    end if;
    return query
        select i.n::int from unnest(p_msg_ids) with ordinality i(msg_id, n)
        where i.msg_id <> all (v_own) order by i.n;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.finish_step(p_queue text, p_worker integer, p_lease_s integer, p_take integer, p_task_id uuid, p_step_no integer, p_attempt integer, p_msg_id bigint, p_result text)
 RETURNS SETOF tasker.finished_row
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    v_now      timestamptz := tasker.clock();
    v_template int;
    v_children int[];
    v_total    int;         -- the child's parents
    v_done     int;
    v_ready    boolean := false;
    v_taken    boolean := false;
    v_state    tasker.task_state;
    v_row      tasker.finished_row;
begin
    select o.template_id, o.children, o.child_parents[1] into v_template, v_children, v_total
    from tasker.steps s
    join tasker.template_steps o on o.template_id = s.template_id and o.step_no = s.step_no
    where s.task_id = p_task_id and s.step_no = p_step_no;
    if cardinality(v_children) > 1 then
        return query select * from tasker.finish_steps(
            p_queue, p_worker, p_lease_s, p_take, array[p_task_id], array[p_step_no], array[p_attempt],
            array[p_msg_id], array[0::int2], array[p_result], array[null::int]);
        return;
    end if;

    update tasker.steps s
    set state = 'complete', finished_at = v_now, result = p_result::json, error = null
    where s.task_id = p_task_id and s.step_no = p_step_no and s.attempt = p_attempt
      and s.state = 'in_progress';
    if not found then
        v_row.kind := 'refused'; v_row.queue := p_queue; v_row.msg_id := p_msg_id;
        v_row.task_id := p_task_id; v_row.step_no := p_step_no; v_row.attempt := p_attempt;
        return next v_row;
        return;
    end if;

    -- See finish_steps: the upsert serialises the parents that finish at once.
    if cardinality(v_children) = 1 then
        insert into tasker.steps as s
            (task_id, step_no, template_id, parents_total, parents_done, parents_bytes, state)
        values (p_task_id, v_children[1], v_template, v_total, 1, octet_length(p_result), 'pending')
        on conflict (task_id, step_no) do update
        set parents_done = s.parents_done + 1,
            parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int
        returning s.parents_done into v_done;
        if v_done = v_total then
            v_now := tasker.clock();
            update tasker.steps s
            set state = (case when p_take > 0 then 'in_progress' else 'enqueued' end)::tasker.step_state,
                enqueued_at = v_now,
                attempt = case when p_take > 0 then 1 else 0 end,
                worker_id = case when p_take > 0 then p_worker end,
                started_at = case when p_take > 0 then v_now end
            where s.task_id = p_task_id and s.step_no = v_children[1] and s.state = 'pending';
            v_ready := found; -- a cancelled child stays so
            v_taken := v_ready and p_take > 0;
        end if;
    end if;

    if not v_ready then
        update tasker.tasks t
        set steps_active = t.steps_active - 1,
            state = tasker.task_state_of(t.steps_active - 1, t.steps_deferred, t.steps_failed),
            finished_at = case when t.steps_active = 1 and t.steps_deferred = 0 then tasker.clock() end
        where t.task_id = p_task_id and t.state in ('pending', 'running', 'waiting')
        returning t.state into v_state;
    end if;

    if v_taken then
        -- Decision 0104.
        execute format(
            'update pgmq.%I q
             set message = jsonb_build_object(''task_id'', $2, ''step_no'', $3), read_ct = 1,
                 enqueued_at = $4, last_read_at = $4, vt = $4 + make_interval(secs => $5)
             where q.msg_id = $1', 'q_' || p_queue)
        using p_msg_id, p_task_id, v_children[1], clock_timestamp(), p_lease_s;
        return query
            select 'taken', c.* from tasker.claimed_rows(
                p_queue, array[p_msg_id], array[p_task_id], v_children) c;
        return;
    end if;
    execute format('delete from pgmq.%I q where q.msg_id = $1', 'q_' || p_queue) using p_msg_id;
    if v_ready then
        perform tasker.enqueue_steps(p_queue, array[p_task_id], v_children);
    elsif v_state in ('blocked', 'complete') then
        perform tasker.note_settled(array[p_task_id]);
        v_row.kind := 'settled'; v_row.task_id := p_task_id; v_row.name := v_state;
        return next v_row;
    end if;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.finish_steps(p_queue text, p_worker integer, p_lease_s integer, p_take integer, p_task_ids uuid[], p_step_nos integer[], p_attempts integer[], p_msg_ids bigint[], p_outcomes smallint[], p_payloads text[], p_retry_after_ms integer[])
 RETURNS SETOF tasker.finished_row
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    v_now         timestamptz := tasker.clock();
    v_done_tasks  uuid[];     -- own steps that were accepted as complete
    v_done_steps  int[];
    v_done_templs int[];
    v_done_msgs   bigint[];
    v_done_bytes  int[];
    v_fail_tasks  uuid[];     -- own steps that failed for good
    v_fail_steps  int[];
    v_fail_msgs   bigint[];   -- messages of all steps that failed, for good or not
    v_defer_tasks uuid[];     -- own steps that will be tried again
    v_defer_steps int[];
    v_defer_ms    bigint[];
    v_ready_tasks uuid[];     -- children that became ready and were enqueued
    v_ready_steps int[];
    v_take_tasks  uuid[];     -- children that became ready and go to the caller
    v_take_steps  int[];
    v_take_msgs   bigint[];
    v_free_msgs   bigint[];   -- messages of the own steps that were accepted
    v_reused      int;
    v_settled     uuid[];
    v_states      text[];
begin
    if cardinality(p_task_ids) <> any (array[
           cardinality(p_step_nos), cardinality(p_attempts), cardinality(p_msg_ids),
           cardinality(p_outcomes), cardinality(p_payloads), cardinality(p_retry_after_ms)]) then
        raise exception 'finish_steps: all arrays must have the same length' using errcode = 'TK001';
    end if;

    with done as (
        update tasker.steps s
        set state = 'complete', finished_at = v_now, result = i.payload::json, error = null
        from (select * from unnest(p_task_ids, p_step_nos, p_attempts, p_outcomes, p_payloads, p_msg_ids)
                  i(task_id, step_no, attempt, outcome, payload, msg_id)
              where i.outcome = 0 order by i.task_id, i.step_no) i
        where s.task_id = i.task_id and s.step_no = i.step_no and s.attempt = i.attempt
          and s.state = 'in_progress'
        returning s.task_id, s.step_no, s.template_id, i.msg_id, octet_length(i.payload) as bytes
    )
    select array_agg(d.task_id), array_agg(d.step_no), array_agg(d.template_id), array_agg(d.msg_id),
           array_agg(d.bytes)
    into v_done_tasks, v_done_steps, v_done_templs, v_done_msgs, v_done_bytes
    from done d;

    if p_outcomes && '{1,2}'::int2[] then
        with failing as (
            update tasker.steps s
            set state = case when r.again then 'waiting_for_retry' else 'failed' end::tasker.step_state,
                failures = s.failures + 1, error = r.payload::json,
                finished_at = case when not r.again then v_now end
            from (select i.*, i.outcome = 1 and d.retryable and x.failures + 1 < d.max_attempts as again,
                         coalesce(i.after_ms, tasker.backoff_ms(d.backoff, d.backoff_base_ms,
                                                                d.max_backoff_ms, x.failures + 1)) as wait_ms
                  from unnest(p_task_ids, p_step_nos, p_attempts, p_outcomes, p_payloads, p_retry_after_ms,
                              p_msg_ids)
                           i(task_id, step_no, attempt, outcome, payload, after_ms, msg_id)
                  join tasker.steps x on x.task_id = i.task_id and x.step_no = i.step_no
                  join tasker.template_steps d
                      on d.template_id = x.template_id and d.step_no = x.step_no
                  where i.outcome > 0 order by i.task_id, i.step_no) r
            where s.task_id = r.task_id and s.step_no = r.step_no and s.attempt = r.attempt
              and s.state = 'in_progress'
            returning s.task_id, s.step_no, r.again, r.wait_ms, r.msg_id
        )
        select array_agg(f.task_id) filter (where not f.again),
               array_agg(f.step_no) filter (where not f.again),
               array_agg(f.task_id) filter (where f.again), array_agg(f.step_no) filter (where f.again),
               array_agg(f.wait_ms) filter (where f.again), array_agg(f.msg_id)
        into v_fail_tasks, v_fail_steps, v_defer_tasks, v_defer_steps, v_defer_ms, v_fail_msgs
        from failing f;

        if v_defer_tasks is not null then
            insert into tasker.deferred (due_at, task_id, step_no)
            select v_now + make_interval(secs => w.ms / 1000.0), w.task_id, w.step_no
            from unnest(v_defer_tasks, v_defer_steps, v_defer_ms) w(task_id, step_no, ms);
            perform set_config('tasker.deferred', least(
                nullif(current_setting('tasker.deferred', true), '')::bigint,
                (select min(ms) from unnest(v_defer_ms) ms))::text, false);
        end if;
    end if;

    -- A child with several parents may be counted down by many at once: the upsert serialises them on
    -- its row, and the one that brings parents_done to parents_total makes it ready. The clock is asked
    -- anew, behind the lock: the other parents may have finished after this function began.
    if v_done_tasks is not null then
        with touched as (
            insert into tasker.steps as s
                (task_id, step_no, template_id, parents_total, parents_done, parents_bytes, state,
                 enqueued_at, attempt, worker_id, started_at)
            select c.task_id, c.step_no, c.template_id, c.parents_total, c.parents_done,
                   least(c.parents_bytes, 2147483647)::int,
                   (case when c.parents_done < c.parents_total then 'pending'
                         when c.wanted then 'in_progress' else 'enqueued' end)::tasker.step_state,
                   case when c.parents_done = c.parents_total then v_now end,
                   c.wanted::int, case when c.wanted then p_worker end, case when c.wanted then v_now end
            from (select d.task_id, k.step_no, d.template_id, k.parents_total,
                         count(*)::int as parents_done, sum(d.bytes) as parents_bytes,
                         row_number() over (order by d.task_id, k.step_no) <= p_take as wanted
                  from unnest(v_done_tasks, v_done_steps, v_done_templs, v_done_bytes)
                           d(task_id, step_no, template_id, bytes)
                  join tasker.template_steps o
                      on o.template_id = d.template_id and o.step_no = d.step_no
                  cross join lateral unnest(o.children, o.child_parents) k(step_no, parents_total)
                  group by d.task_id, k.step_no, d.template_id, k.parents_total
                  order by d.task_id, k.step_no) c
            on conflict (task_id, step_no) do update
            set parents_done = s.parents_done + excluded.parents_done,
                parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int,
                state = case when s.state <> 'pending'
                               or s.parents_done + excluded.parents_done < s.parents_total then s.state
                             when excluded.worker_id is not null then 'in_progress'
                             else 'enqueued' end,
                enqueued_at = case when s.parents_done + excluded.parents_done = s.parents_total
                                   then tasker.clock() end,
                attempt = case when s.parents_done + excluded.parents_done = s.parents_total
                               then excluded.attempt else 0 end,
                worker_id = case when s.parents_done + excluded.parents_done = s.parents_total
                                 then excluded.worker_id end,
                started_at = case when s.parents_done + excluded.parents_done = s.parents_total
                                       and excluded.started_at is not null
                                  then tasker.clock() end
            returning s.task_id, s.step_no, s.state
        )
        select array_agg(t.task_id) filter (where t.state = 'enqueued'),
               array_agg(t.step_no) filter (where t.state = 'enqueued'),
               array_agg(t.task_id) filter (where t.state = 'in_progress'),
               array_agg(t.step_no) filter (where t.state = 'in_progress')
        into v_ready_tasks, v_ready_steps, v_take_tasks, v_take_steps
        from touched t;
    end if;

    with delta as (
        select x.task_id, sum(x.active)::int as active, sum(x.deferred)::int as deferred,
               sum(x.failed)::int as failed
        from (select u, -1, 0, 0 from unnest(v_done_tasks) u
              union all select u, -1, 0, 1 from unnest(v_fail_tasks) u
              union all select u, -1, 1, 0 from unnest(v_defer_tasks) u
              union all select u, 1, 0, 0 from unnest(v_ready_tasks) u
              union all select u, 1, 0, 0 from unnest(v_take_tasks) u) x(task_id, active, deferred, failed)
        group by x.task_id
        having sum(x.active) <> 0 or sum(x.deferred) <> 0 or sum(x.failed) <> 0
        order by x.task_id
    ), moved as (
        update tasker.tasks t
        set steps_active = t.steps_active + d.active, steps_deferred = t.steps_deferred + d.deferred,
            steps_failed = t.steps_failed + d.failed,
            state = tasker.task_state_of(t.steps_active + d.active, t.steps_deferred + d.deferred,
                                         t.steps_failed + d.failed),
            finished_at = case when t.steps_active + d.active = 0 and t.steps_deferred + d.deferred = 0
                               then tasker.clock() end
        from delta d
        where t.task_id = d.task_id and t.state in ('pending', 'running', 'waiting')
        returning t.task_id, t.state
    )
    select array_agg(m.task_id), array_agg(m.state::text)
    into v_settled, v_states
    from moved m where m.state in ('blocked', 'complete');

    -- What goes straight to the caller takes over the messages of what it has just answered: one HOT
    -- update each, instead of a delete and a send. The rest is deleted and sent as usual.
    v_free_msgs := v_done_msgs || v_fail_msgs;
    v_reused := least(coalesce(cardinality(v_take_tasks), 0), cardinality(v_free_msgs));
    if v_reused > 0 then
        -- By `any`, not by a join: no estimate, however wrong, can then lead to a scan of the queue.
        execute format(
            'update pgmq.%I q
             set message = (select jsonb_build_object(''task_id'', ($2)[p.n], ''step_no'', ($3)[p.n])
                            from (select array_position($1, q.msg_id) as n) p),
                 read_ct = 1, enqueued_at = $4, last_read_at = $4, vt = $4 + make_interval(secs => $5)
             where q.msg_id = any ($1)', 'q_' || p_queue)
        using v_free_msgs[:v_reused], v_take_tasks[:v_reused], v_take_steps[:v_reused],
              clock_timestamp(), p_lease_s;
        v_take_msgs := v_free_msgs[:v_reused];
        v_free_msgs := v_free_msgs[v_reused + 1:];
    end if;
    if cardinality(v_free_msgs) > 0 then
        perform pgmq.delete(p_queue, v_free_msgs);
    end if;
    if v_ready_tasks is not null then
        perform tasker.enqueue_steps(p_queue, v_ready_tasks, v_ready_steps);
    end if;
    if v_take_tasks is not null then
        if v_reused < cardinality(v_take_tasks) then
            v_take_msgs := v_take_msgs || array(select pgmq.send_batch(p_queue, array(
                select jsonb_build_object('task_id', r.task_id, 'step_no', r.step_no)
                from unnest(v_take_tasks[v_reused + 1:], v_take_steps[v_reused + 1:]) r(task_id, step_no)),
                p_lease_s));
        end if;
        return query
            select 'taken', c.* from tasker.claimed_rows(p_queue, v_take_msgs, v_take_tasks, v_take_steps) c;
    end if;
    if v_settled is not null then
        perform tasker.note_settled(v_settled);
        return query
            select 'settled', null, null::bigint, e.task_id, null::int, null::int, null::int, null::int,
                   null::bigint, e.state, null, null, null::json, null, null, null, null::int2,
                   null::json, null::json, null::int
            from unnest(v_settled, v_states) e(task_id, state);
    end if;
    if coalesce(cardinality(v_done_tasks), 0) + coalesce(cardinality(v_fail_tasks), 0)
           + coalesce(cardinality(v_defer_tasks), 0) < cardinality(p_task_ids) then
        return query
            select 'refused', p_queue, i.msg_id, i.task_id, i.step_no, i.attempt, null::int, null::int,
                   null::bigint, null, null, null, null::json, null, null, null, null::int2,
                   null::json, null::json, null::int
            from unnest(p_task_ids, p_step_nos, p_attempts, p_msg_ids) i(task_id, step_no, attempt, msg_id)
            where not exists (
                select from (
                    select * from unnest(v_done_tasks, v_done_steps) a
                    union all select * from unnest(v_fail_tasks, v_fail_steps) b
                    union all select * from unnest(v_defer_tasks, v_defer_steps) c) k(task_id, step_no)
                where k.task_id = i.task_id and k.step_no = i.step_no);
    end if;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.flush_notifications()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_ready    text := current_setting('tasker.ready', true);
    v_settled  text := current_setting('tasker.settled', true);
    v_deferred text := current_setting('tasker.deferred', true);
begin
    if v_ready <> '' then
        perform set_config('synchronous_commit', 'off', true), pg_notify('tasker_ready', v_ready),
                set_config('tasker.ready', '', false);
    end if;
    if v_settled <> '' then
        perform set_config('synchronous_commit', 'off', true), pg_notify('tasker_settled', v_settled),
                set_config('tasker.settled', '', false);
    end if;
    if v_deferred <> '' then
        perform set_config('synchronous_commit', 'off', true), pg_notify('tasker_deferred', v_deferred),
                set_config('tasker.deferred', '', false);
    end if;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.get_tasks(p_task_ids uuid[])
 RETURNS SETOF tasker.task_view
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
begin
    return query select * from tasker.task_rows(p_task_ids);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.get_templates(p_namespace text, p_name text, p_version text, p_after_id integer, p_limit integer, p_definitions boolean)
 RETURNS TABLE(template_id integer, namespace text, name text, version text, environment text, steps_total integer, created_at timestamp with time zone, definition json)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
    select t.template_id, t.namespace, t.name, t.version, t.environment, t.steps_total, t.created_at,
           case when p_definitions then t.definition end
    from tasker.templates t
    where t.template_id > p_after_id
      and (p_namespace is null or t.namespace = p_namespace)
      and (p_name is null or t.name = p_name)
      and (p_version is null or t.version = p_version)
    order by t.template_id
    limit p_limit
$function$
;
CREATE OR REPLACE FUNCTION tasker.joined_bytes_limit()
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$select 67108864$function$
;
CREATE OR REPLACE FUNCTION tasker.list_steps(p_task_id uuid, p_name text, p_after_step_no integer, p_limit integer, p_max_bytes bigint DEFAULT 8388608)
 RETURNS SETOF tasker.step_view
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
    v_step  tasker.step_view;
    v_bytes bigint := 0;
begin
    for v_step in
        select d.name, d.step_no,
               case when t.state = 'cancelled' and coalesce(s.state, 'pending') not in ('complete', 'failed')
                    then 'cancelled' else coalesce(s.state, 'pending')::text end,
               coalesce(s.attempt, 0), d.max_attempts,
               coalesce((select json_agg(n.name order by n.step_no)
                         from unnest(d.parents) u(step_no)
                         join tasker.template_steps n
                             on n.template_id = d.template_id and n.step_no = u.step_no), '[]'),
               s.enqueued_at, s.started_at, s.finished_at, w.name, s.result, s.error
        from tasker.tasks t
        join tasker.template_steps d on d.template_id = t.template_id
        left join tasker.steps s on s.task_id = t.task_id and s.step_no = d.step_no
        left join tasker.workers w on w.worker_id = s.worker_id
        where t.task_id = p_task_id and d.step_no > p_after_step_no
          and (p_name is null or d.name = p_name)
        order by d.step_no
        limit p_limit
    loop
        return next v_step;
        v_bytes := v_bytes + coalesce(octet_length(v_step.result::text), 0)
            + coalesce(octet_length(v_step.error::text), 0);
        exit when v_bytes >= p_max_bytes;
    end loop;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.list_tasks(p_namespace text, p_name text, p_version text, p_state tasker.task_state, p_created_after timestamp with time zone, p_created_before timestamp with time zone, p_before_id uuid, p_limit integer, p_max_bytes bigint DEFAULT 8388608)
 RETURNS SETOF tasker.task_view
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
    v_floor   uuid := tasker.uuid_v7_floor(coalesce(p_created_after, '-infinity') - interval '1 minute');
    v_ceiling uuid := tasker.uuid_v7_floor(coalesce(p_created_before, 'infinity') + interval '1 minute');
    v_ids     uuid[];
    v_task    tasker.task_view;
    v_bytes   bigint := 0;
begin
    -- Apart from the rows: the planner inlines no function that has a sub-select among its arguments.
    v_ids := array(
        select t.task_id
        from tasker.tasks t
        where t.task_id >= v_floor and t.task_id <= v_ceiling
          and (p_before_id is null or t.task_id < p_before_id)
          and (p_state is null or t.state = p_state)
          and (p_created_after is null or t.created_at > p_created_after)
          and (p_created_before is null or t.created_at < p_created_before)
          and ((p_namespace is null and p_name is null and p_version is null)
               or t.template_id in (
                   select p.template_id from tasker.templates p
                   where (p_namespace is null or p.namespace = p_namespace)
                     and (p_name is null or p.name = p_name)
                     and (p_version is null or p.version = p_version)))
        order by t.task_id desc
        limit p_limit);
    for v_task in select * from tasker.task_rows(v_ids) loop
        return next v_task;
        v_bytes := v_bytes + octet_length(v_task.context::text)
            + coalesce(octet_length(v_task.result::text), 0);
        exit when v_bytes >= p_max_bytes;
    end loop;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.note_ready(p_queue text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_noted text := coalesce(current_setting('tasker.ready', true), '');
begin
    if v_noted = '' then
        perform set_config('tasker.ready', p_queue, false);
    elsif length(v_noted) < 7900 and p_queue <> all (string_to_array(v_noted, ',')) then
        perform set_config('tasker.ready', v_noted || ',' || p_queue, false);
    end if;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.note_settled(p_task_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_noted text := coalesce(current_setting('tasker.settled', true), '');
begin
    if v_noted = '*' then
        return;
    elsif cardinality(p_task_ids) + length(v_noted) / 37 > 100 then
        perform set_config('tasker.settled', '*', false);
    else
        perform set_config('tasker.settled',
                           concat_ws(',', nullif(v_noted, ''), array_to_string(p_task_ids, ',')), false);
    end if;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.queue_name(p_namespace text, p_priority smallint)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select 'tasker_' || p_namespace
        || case p_priority when 1 then '__p1' when 3 then '__p3' when 4 then '__p4' else '' end
$function$
;
CREATE OR REPLACE FUNCTION tasker.register_template(p_namespace text, p_name text, p_version text, p_environment text, p_hash text, p_definition json, p_steps json, OUT template_id integer, OUT created boolean)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_namespace_id int := tasker.ensure_namespace(p_namespace);
    v_old          tasker.templates;
begin
    insert into tasker.templates as t
        (namespace_id, namespace, name, version, environment, hash, definition, has_input_schema,
         steps_total, roots, leaves, created_at)
    select v_namespace_id, p_namespace, p_name, p_version, p_environment, p_hash, p_definition,
           p_definition -> 'input_schema' is not null,
           count(*),
           coalesce(array_agg(s.step_no order by s.step_no) filter (where cardinality(s.parents) = 0), '{}'),
           coalesce(array_agg(s.step_no order by s.step_no) filter (where cardinality(s.children) = 0), '{}'),
           tasker.clock()
    from json_to_recordset(p_steps) as s(step_no int, parents int[], children int[])
    on conflict (namespace_id, name, version) do nothing
    returning t.template_id into template_id;
    created := found;

    if not created then
        select * into strict v_old from tasker.templates t
        where t.namespace_id = v_namespace_id and t.name = p_name and t.version = p_version;
        if v_old.hash <> p_hash then
            raise exception 'template %/% % exists with other content: register it under a new version',
                p_namespace, p_name, p_version using errcode = 'TK003';
        end if;
        if v_old.environment <> p_environment then
            raise exception 'template %/% % is registered for environment "%", not "%": a database serves one environment',
                p_namespace, p_name, p_version, v_old.environment, p_environment using errcode = 'TK006';
        end if;
        template_id := v_old.template_id;
        return;
    end if;

    insert into tasker.template_steps
        (template_id, step_no, name, parents, children, child_parents, handler, handler_method,
         initialization, retryable, max_attempts, backoff, backoff_base_ms, max_backoff_ms, timeout_ms)
    with s as materialized (
        select * from json_to_recordset(p_steps) as s(
            step_no int, name text, parents int[], children int[], handler text, handler_method text,
            initialization json, retryable boolean, max_attempts int, backoff tasker.backoff,
            backoff_base_ms bigint, max_backoff_ms bigint, timeout_ms bigint)
    ), sized as materialized ( -- so that the sort below does not carry the arrays of parents
        select s.step_no, cardinality(s.parents) as parents from s
    ), counted as (
        select e.step_no, array_agg(c.parents order by e.place) as child_parents
        from (select s.step_no, k.child, k.place
              from s cross join lateral unnest(s.children) with ordinality k(child, place)) e
        join sized c on c.step_no = e.child
        group by e.step_no
    )
    select template_id, s.step_no, s.name, s.parents, s.children, coalesce(n.child_parents, '{}'),
           s.handler, s.handler_method, coalesce(s.initialization, '{}'), s.retryable, s.max_attempts,
           s.backoff, s.backoff_base_ms, s.max_backoff_ms, s.timeout_ms
    from s left join counted n using (step_no);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.register_worker(p_name text, p_namespaces text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
    v_id int;
begin
    if coalesce(length(p_name), 0) not between 1 and 200 then
        raise exception 'a worker''s name must have 1 to 200 characters' using errcode = 'TK001';
    end if;
    perform tasker.ensure_namespace(n) from unnest(p_namespaces) n;

    insert into tasker.workers as w (name, namespaces, started_at)
    values (p_name, p_namespaces, tasker.clock())
    on conflict (name) do update set namespaces = excluded.namespaces, started_at = excluded.started_at
    returning w.worker_id into v_id;
    return v_id;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.release_due(p_limit integer, OUT released integer, OUT next_due_ms bigint)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    v_now      timestamptz := tasker.clock();
    v_task_ids uuid[];
    v_step_nos int[];
    v_batch    record;
begin
    with due as materialized (
        select d.due_at, d.task_id, d.step_no
        from tasker.deferred d
        where d.due_at <= v_now
        order by d.due_at
        limit p_limit
        for update skip locked
    ), gone as (
        delete from tasker.deferred d using due
        where d.due_at = due.due_at and d.task_id = due.task_id and d.step_no = due.step_no
        returning d.task_id, d.step_no
    ), released as (
        update tasker.steps s set state = 'enqueued', enqueued_at = v_now
        from (select * from gone order by gone.task_id, gone.step_no) g
        where s.task_id = g.task_id and s.step_no = g.step_no and s.state = 'waiting_for_retry'
        returning s.task_id, s.step_no
    )
    select array_agg(r.task_id), array_agg(r.step_no) into v_task_ids, v_step_nos from released r;
    released := coalesce(cardinality(v_task_ids), 0);

    if released > 0 then
        update tasker.tasks t
        set steps_active = t.steps_active + n.steps, steps_deferred = t.steps_deferred - n.steps,
            state = 'running'
        from (select u.task_id, count(*)::int as steps from unnest(v_task_ids) u(task_id)
              group by u.task_id order by u.task_id) n
        where t.task_id = n.task_id and t.state in ('running', 'waiting');

        for v_batch in
            select tasker.queue_name(p.namespace, t.priority) as queue,
                   array_agg(r.task_id) as task_ids, array_agg(r.step_no) as step_nos
            from unnest(v_task_ids, v_step_nos) r(task_id, step_no)
            join tasker.tasks t on t.task_id = r.task_id
            join tasker.templates p on p.template_id = t.template_id
            group by 1 order by 1
        loop
            perform tasker.enqueue_steps(v_batch.queue, v_batch.task_ids, v_batch.step_nos);
        end loop;
    end if;

    select greatest(0, ceil(extract(epoch from d.due_at - tasker.clock()) * 1000))::bigint
    into next_due_ms
    from tasker.deferred d order by d.due_at limit 1;
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.release_steps(p_queue text, p_task_ids uuid[], p_step_nos integer[], p_attempts integer[], p_msg_ids bigint[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    v_msg_ids bigint[];
begin
    with back as (
        update tasker.steps s
        set state = 'enqueued', worker_id = null, started_at = null
        from (select * from unnest(p_task_ids, p_step_nos, p_attempts, p_msg_ids)
                  i(task_id, step_no, attempt, msg_id)
              order by i.task_id, i.step_no) i
        where s.task_id = i.task_id and s.step_no = i.step_no and s.attempt = i.attempt
          and s.state = 'in_progress'
        returning i.msg_id
    )
    select array_agg(b.msg_id) into v_msg_ids from back b;
    if v_msg_ids is null then
        return 0;
    end if;
    perform pgmq.set_vt(p_queue, v_msg_ids, 0);
    perform tasker.note_ready(p_queue);
    return cardinality(v_msg_ids);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.request_hash(p_namespace text, p_name text, p_version text, p_priority smallint, p_context text)
 RETURNS bytea
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select sha256(convert_to(
        concat_ws(' ', p_namespace, p_name, coalesce(p_version, '*'), p_priority, p_context::jsonb), 'UTF8'))
$function$
;
CREATE OR REPLACE FUNCTION tasker.settled_tasks(p_task_ids uuid[])
 RETURNS SETOF tasker.task_view
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
    -- A variable: the planner inlines no function that has a sub-select among its arguments.
    v_settled uuid[] := array(
        select t.task_id from tasker.tasks t
        where t.task_id = any (p_task_ids) and t.state in ('blocked', 'complete', 'cancelled'));
begin
    return query select * from tasker.task_rows(v_settled);
end;
$function$
;
CREATE OR REPLACE FUNCTION tasker.task_rows(p_task_ids uuid[])
 RETURNS SETOF tasker.task_view
 LANGUAGE sql
 STABLE
AS $function$
    select t.task_id, p.namespace, p.name, p.version, t.state::text, t.priority, t.idempotency_key,
           t.context, p.steps_total,
           case when t.state = 'complete' then p.steps_total
                else (select count(*)::int from tasker.steps s
                      where s.task_id = t.task_id and s.state = 'complete') end,
           t.steps_failed, t.created_at, t.started_at, t.finished_at,
           case when t.state = 'complete' and (
               cardinality(p.leaves) = 1
               or (select sum(octet_length(s.result::text))
                   from unnest(p.leaves) l(step_no)
                   join tasker.steps s on s.task_id = t.task_id and s.step_no = l.step_no)
                  <= tasker.joined_bytes_limit()) then (
               select json_object_agg(
                   (select n.name from tasker.template_steps n
                    where n.template_id = t.template_id and n.step_no = l.step_no),
                   coalesce((select s.result from tasker.steps s
                             where s.task_id = t.task_id and s.step_no = l.step_no), 'null'))
               from unnest(p.leaves) l(step_no))
           end
    from unnest(p_task_ids) with ordinality i(task_id, n)
    join tasker.tasks t on t.task_id = i.task_id
    join tasker.templates p on p.template_id = t.template_id
    order by i.n
$function$
;
CREATE OR REPLACE FUNCTION tasker.task_state_of(p_active integer, p_deferred integer, p_failed integer)
 RETURNS tasker.task_state
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select case when p_active > 0 then 'running'::tasker.task_state
                when p_deferred > 0 then 'waiting'
                when p_failed > 0 then 'blocked'
                else 'complete' end
$function$
;
CREATE OR REPLACE FUNCTION tasker.uuid_v7()
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
    select encode(set_byte(set_byte(
        overlay(decode(replace(gen_random_uuid()::text, '-', ''), 'hex')
                placing substring(int8send((extract(epoch from tasker.clock()) * 1000)::bigint) from 3)
                from 1 for 6),
        6, (get_byte(r.b, 0) & 15) | 112), 8, (get_byte(r.b, 1) & 63) | 128), 'hex')::uuid
    from (select decode(substr(replace(gen_random_uuid()::text, '-', ''), 1, 4), 'hex') as b) r
$function$
;
CREATE OR REPLACE FUNCTION tasker.uuid_v7_floor(p_at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO ''
AS $function$
    select case
        when p_at = '-infinity' then '00000000-0000-0000-0000-000000000000'
        when p_at = 'infinity' then 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        else encode(substring(int8send(greatest(0, extract(epoch from p_at) * 1000)::bigint) from 3), 'hex')
             || '00000000000000000000'
    end::uuid
$function$
;
