-- The tasks whose steps have messages, timers or wait for signals, and the tasks above them: every open task, and some
-- that have ended.
-- p_namespace: null for all.
-- p_floor: tasks whose ids are below it may be missing.
-- called by: list_tasks.
-- returns: null if there are p_limit messages, timers and waits, or more.
-- cost: reads the messages of all queues, from the floor of this session if it claims (decision 0114); timers and waits
--   of all namespaces from p_floor.
create or replace function tasker.open_tasks(p_namespace text, p_floor uuid, p_limit int) returns uuid[]
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_queue text;
    v_read  text[];
    v_texts text[] := '{}'::text[];
    v_ids   uuid[];
begin
    for v_queue in
        select tasker.queue_name(n.name, p::int2) from tasker.namespaces n, generate_series(1, 4) p
        where p_namespace is null or n.name = p_namespace
    loop
        execute format('select array_agg(m.task_id) from (
                            select q.message ->> ''task_id'' as task_id from pgmq.%I q
                            where q.msg_id > (select $1) order by q.msg_id limit $2) m', 'q_' || v_queue)
        into v_read
        using coalesce((nullif(current_setting('tasker.floor_' || v_queue, true), '')::text[])[1]::bigint, 0),
              p_limit - cardinality(v_texts);
        v_texts := v_texts || v_read;
        if cardinality(v_texts) >= p_limit then
            return null;
        end if;
    end loop;
    v_texts := array(select distinct u.task_id from unnest(v_texts) u(task_id));
    begin
        v_ids := v_texts::uuid[];
    exception when invalid_text_representation then
        v_ids := (select m.task_ids from tasker.parse_messages(v_texts, v_texts) m);
    end;
    v_ids := v_ids
        || array(select d.task_id from tasker.timers d
                 where d.task_id >= p_floor order by d.task_id limit p_limit)
        || array(select w.task_id from tasker.signal_waits w
                 where w.task_id >= p_floor order by w.task_id limit p_limit);
    if cardinality(v_ids) >= p_limit then
        return null;
    end if;
    return array(
        with recursive line as (
            select u.task_id from unnest(v_ids) u(task_id)
            union
            -- `offset 0`: decision 0113.
            select t.parent_task
            from line l
            cross join lateral (
                select t.parent_task from tasker.tasks t
                where t.task_id = l.task_id and t.parent_task is not null offset 0) t
        )
        select l.task_id from line l where l.task_id is not null);
end;
$$;
