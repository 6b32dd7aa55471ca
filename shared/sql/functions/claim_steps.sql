-- Leases up to p_qty ready steps, from the queues in the given order.
-- A step whose lease ended is claimed again, with the next delivery number, which fences the worker that
-- lost it. A claim returns at most p_suspects steps whose message lost one lease, and at most one whose
-- message lost more: the worker runs that one alone. With a negative p_suspects it returns none of the
-- latter, and the amount limits the former. A step that loses its worker 10 times while it runs alone
-- fails permanently (decision 0506).
-- Messages of finished tasks, of finished steps and of other programs are deleted, and the claim reads
-- further in the queue, for 5 s at most: a caller that gets fewer steps than it requested may assume that
-- the queue is empty.
-- A session reads a queue from its floor. If it got as many steps as it requested, it continues from where
-- it stopped, for one second: below are index entries of deleted messages (decision 0114).
-- Steps of paused tasks are not claimed (decision 0135): park_steps takes them out of the queue.
-- called by: the worker. Its commit may be asynchronous: a lost claim is only delivered again.
-- locks: pauses_lock, shared, if something is paused; messages (skip locked), their steps (of messages read before:
--   skip locked; task_id, step_no), then tasks (lease_steps); a batch from the mark comes before one from the floor,
--   whose messages are lower.
-- moves: step enqueued | in_progress -> in_progress. A task is running once a step of it has a row.
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
    v_held       record;       -- the leased ones of them
    v_died       boolean := false;
    v_paused     boolean := exists (select from tasker.pauses);
begin
    if v_paused then
        p_queues := tasker.unpaused_queues(p_queues);
    end if;
    foreach v_queue in array p_queues loop
        v_clock := (extract(epoch from tasker.clock()) * 1000)::bigint;
        v_mark := nullif(current_setting('tasker.mark_' || v_queue, true), '')::bigint[];
        v_floor := coalesce(v_mark[3], 0);
        v_due := v_mark is null or v_clock - v_mark[2] not between 0 and 999;
        v_mark := case when v_due then array[v_floor, v_clock, v_floor] else v_mark end;
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
            begin
                v_task_ids := v_task_texts;
                v_step_nos := v_step_texts;
            exception when invalid_text_representation or numeric_value_out_of_range then
                select * into v_task_ids, v_step_nos from tasker.parse_messages(v_task_texts, v_step_texts);
            end;

            if v_paused then
                select * into v_msg_ids, v_task_ids, v_step_nos
                from tasker.park_steps(v_queue, p_lease_s, v_msg_ids, v_task_ids, v_step_nos);
                exit when v_msg_ids is null and clock_timestamp() > v_began + interval '5 seconds';
                continue when v_msg_ids is null;
            end if;

            if v_again then
                select * into v_msg_ids, v_task_ids, v_step_nos
                from tasker.unlocked_messages(v_queue, v_msg_ids, v_task_ids, v_step_nos);
                continue when v_msg_ids is null;
            end if;

            v_held := tasker.lease_steps(
                v_queue, p_worker, p_lease_s, v_msg_ids, v_task_ids, v_step_nos, v_again, v_alone);
            v_died := v_died or v_held.died;
            if v_held.msg_ids is not null then
                v_left := v_left - cardinality(v_held.msg_ids);
                return query
                    select * from tasker.claimed_rows(v_queue, v_held.msg_ids, v_held.task_ids, v_held.step_nos);
                if v_again then
                    v_suspects := 0; -- more of them for the next claim
                    continue;
                end if;
            end if;
            exit when v_start = v_floor and coalesce(cardinality(v_held.msg_ids), 0) = v_read
                or clock_timestamp() > v_began + interval '5 seconds';
        end loop;
        v_due := v_due and v_last > 0; -- a queue that never had a message has no floor
        if v_due or v_left = 0 or v_mark[1] > v_floor then
            perform tasker.keep_mark(v_queue, v_mark, case when v_left = 0 then v_last end, v_due);
        end if;
        exit when v_left = 0;
    end loop;
    if v_died then
        -- No flush follows a claim. This case is rare, so notify and commit durably in this transaction.
        perform tasker.flush_notifications(p_before_commit => true), set_config('synchronous_commit', 'on', true);
    end if;
end;
$$;
