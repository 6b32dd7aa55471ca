-- Leases up to p_qty ready steps, from the queues in the given order.
-- A step whose lease ended is claimed again, with the next attempt number, which fences the worker that
-- lost it. A claim returns at most p_suspects steps whose message lost one lease, and at most one whose
-- message lost more: the worker runs that one alone. With a negative p_suspects it returns none of the
-- latter, and the amount limits the former. A step that loses its worker 10 times while it runs alone
-- fails permanently (decision 0506).
-- Messages of finished tasks, of finished steps and of other programs are deleted, and the claim reads
-- further in the queue, for 5 s at most: a caller that gets fewer steps than it requested may assume that
-- the queue is empty.
-- A session reads a queue from its floor. If it got as many steps as it requested, it continues from where
-- it stopped, for one second: below are index entries of deleted messages (decision 0114).
-- called by: the worker. Its commit may be asynchronous: a lost claim is only delivered again.
-- locks: messages (skip locked), own steps (of messages read before: skip locked; task_id, step_no),
--   then tasks; a batch from the mark comes before one from the floor, whose messages are lower.
-- moves: step enqueued | in_progress -> in_progress; task pending -> running.
-- cost: a batch of primary-key look-ups for each queue that has work, and for each p_qty messages that
--   are deleted.
create or replace function tasker.claim_steps(
    p_queues text[], p_worker int, p_lease_s int, p_qty int, p_suspects int)
returns setof tasker.claimed_step
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_began      timestamptz := clock_timestamp();
    v_now        timestamptz;  -- after the read, so that no task starts before its step was enqueued
    v_queue      text;
    v_left       int := p_qty;
    v_mark       bigint[];     -- where this session continues, when it last read from the floor (ms), the floor
    v_clock      bigint;
    v_floor      bigint;
    v_due        boolean;      -- this claim starts at the floor: the last one that did is a second old
    v_start      bigint;       -- the floor, once the queue is read from there
    v_last       bigint;       -- the last message that was read from the queue
    v_msg_ids    bigint[];
    v_read       int;
    v_suspects   int := p_suspects;
    v_again      boolean;      -- some of these messages lost a lease
    v_alone      bigint;       -- the message that must run alone
    v_task_ids   uuid[];
    v_step_nos   int[];
    v_task_texts text[];
    v_step_texts text[];
    v_held       bigint[];     -- the leased ones of them
    v_deleted    int;          -- the number of the others
    v_tasks      uuid[];
    v_steps      int[];
    v_fresh      uuid[];
    v_died       boolean := false;
begin
    foreach v_queue in array p_queues loop
        v_clock := (extract(epoch from tasker.clock()) * 1000)::bigint;
        v_mark := nullif(current_setting('tasker.mark_' || v_queue, true), '')::bigint[];
        v_floor := coalesce(v_mark[3], 0);
        v_due := v_mark is null or v_clock - v_mark[2] not between 0 and 999;
        if v_due then
            v_mark := array[v_floor, v_clock, v_floor];
        end if;
        v_start := v_mark[1];
        v_last := v_start;
        while v_left > 0 loop
            execute format('select * from tasker_queues.%I($1, $2, $3, $4)', 'read_' || v_queue)
            into v_msg_ids, v_task_texts, v_step_texts, v_again, v_alone
            using v_last, v_left, p_lease_s, v_suspects;
            if v_msg_ids is null then
                exit when v_start = v_floor;
                v_start := v_floor;
                v_last := v_floor;
                continue;
            end if;
            v_read := cardinality(v_msg_ids);
            v_last := v_msg_ids[v_read];
            v_now := tasker.clock();
            begin
                v_task_ids := v_task_texts;
                v_step_nos := v_step_texts;
            exception when invalid_text_representation or numeric_value_out_of_range then
                -- Messages of other programs are among them: they become null, and match nothing.
                select array_agg(x.task_id::uuid), array_agg(x.step_no::int) into v_task_ids, v_step_nos
                from (select case when u.t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then u.t end,
                             case when u.n ~ '^\d{1,5}$' then u.n end
                      from unnest(v_task_texts, v_step_texts) u(t, n)) x(task_id, step_no);
            end;

            if v_again then
                select * into v_msg_ids, v_task_ids, v_step_nos
                from tasker.unlocked_messages(v_queue, v_msg_ids, v_task_ids, v_step_nos);
                continue when v_msg_ids is null;
            end if;

            -- `any (array[…])` and `offset 0`: decision 0113.
            with held as (
                update tasker.steps s
                set state = 'in_progress', attempt = s.attempt + 1, worker_id = p_worker, started_at = null,
                    lost_leases = s.lost_leases + (s.state = 'in_progress')::int,
                    lost_alone = s.lost_alone
                        + (s.state = 'in_progress' and s.alone and s.started_at is not null)::int,
                    alone = coalesce(m.msg_id = v_alone, false)
                from (select m.*, t.state = 'pending' as fresh
                      from unnest(v_msg_ids, v_task_ids, v_step_nos) m(msg_id, task_id, step_no)
                      cross join lateral (select t.state from tasker.tasks t
                                          where t.task_id = m.task_id offset 0) t
                      where t.state in ('pending', 'running', 'waiting')
                      order by m.task_id, m.step_no) m
                where s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
                  and (s.state = 'enqueued' or s.state = 'in_progress'
                       and not tasker.has_no_lease_left(s.lost_alone, s.alone, s.started_at))
                returning m.msg_id, s.task_id, s.step_no, m.fresh
            )
            select array_agg(h.msg_id), array_agg(h.task_id), array_agg(h.step_no),
                   array_agg(h.task_id order by h.task_id) filter (where h.fresh)
            into v_held, v_tasks, v_steps, v_fresh
            from held h;

            v_deleted := cardinality(v_msg_ids) - coalesce(cardinality(v_held), 0);
            if v_deleted > 0 then
                select array_agg(m.msg_id), array_agg(m.task_id), array_agg(m.step_no)
                into v_msg_ids, v_task_ids, v_step_nos
                from unnest(v_msg_ids, v_task_ids, v_step_nos) m(msg_id, task_id, step_no)
                where m.msg_id <> all (coalesce(v_held, '{}'));
                v_died := tasker.fail_killers(
                    v_queue, p_worker, p_lease_s, v_msg_ids, v_task_ids, v_step_nos) or v_died;
                execute format('select tasker_queues.%I($1)', 'delete_' || v_queue) using v_msg_ids;
            end if;
            if v_fresh is not null then
                update tasker.tasks t set state = 'running', started_at = v_now
                where t.task_id = any (v_fresh) and t.state = 'pending';
            end if;
            if v_held is not null then
                v_left := v_left - cardinality(v_held);
                return query select * from tasker.claimed_rows(v_queue, v_held, v_tasks, v_steps);
            end if;
            if v_again and v_held is not null then
                v_suspects := 0; -- more of them for the next claim
                continue;
            end if;
            exit when v_start = v_floor and coalesce(cardinality(v_held), 0) = v_read
                or clock_timestamp() > v_began + interval '5 seconds';
        end loop;
        v_due := v_due and v_last > 0; -- a queue that never had a message has no floor
        if v_due then
            v_floor := tasker.raise_floor(
                v_queue, ('pgmq.q_' || v_queue)::regclass,
                format('select tasker_queues.%I($1)', 'first_' || v_queue));
        end if;
        if v_due or v_left = 0 or v_mark[1] > v_floor then
            perform set_config(
                'tasker.mark_' || v_queue,
                array[case when v_left = 0 then v_last else v_floor end, v_mark[2], v_floor]::text, false);
        end if;
        exit when v_left = 0;
    end loop;
    if v_died then
        -- No flush follows a claim. This case is rare, so notify and commit durably in this transaction.
        perform tasker.flush_notifications(), set_config('synchronous_commit', 'on', true);
    end if;
end;
$$;
