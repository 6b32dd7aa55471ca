-- A session's floor of a table: no row has this number or a lower one, and none will get one. Reads begin above it,
-- because below it are the index entries of all deleted rows that no vacuum could remove yet (decision 0114). A
-- transaction takes a number before its row is visible, and holds its lock on the table until it ends. So the lowest
-- visible number becomes the floor once all transactions that held such a lock at that time have ended, and another
-- look finds nothing lower.
-- p_name: names the session's setting. p_lowest: a statement, the lowest number above $1.
-- called by: keep_mark, fire_timers.
-- returns: the floor, 0 at first.
-- cost: one look per second. Once a minute it reads from 0, in case a row got its number in another way.
create or replace function tasker.raise_floor(p_name text, p_table regclass, p_lowest text) returns bigint
language plpgsql
set search_path = ''
as $$
declare
    -- The floor, the time of the last look (ms) and of the last one from 0, a candidate, and the
    -- transactions that may still add a row below the candidate.
    v_state  text[] := nullif(current_setting('tasker.floor_' || p_name, true), '')::text[];
    v_clock  bigint := (extract(epoch from tasker.clock()) * 1000)::bigint;
    v_floor  bigint := coalesce(v_state[1]::bigint, 0);
    v_full   bigint := coalesce(v_state[3]::bigint, v_clock);
    v_lowest bigint;
    v_next   text[] := '{}'::text[];
begin
    if v_clock - v_state[2]::bigint between 0 and 999 then
        return v_floor;
    end if;
    if v_clock - v_full not between 0 and 59999 then
        v_full := v_clock;
        execute p_lowest into v_lowest using 0::bigint;
        if v_lowest <= v_floor then
            v_floor := 0;
            v_state := null;
        end if;
    end if;
    if exists (select from pg_catalog.pg_locks l
               where l.relation = p_table and l.mode = 'RowExclusiveLock'
                 -- No pid: a prepared transaction, which no longer has the noted name.
                 and (l.pid is null or l.virtualtransaction = any (v_state[5:]))) then
        v_next := v_state[4:];
    else
        execute p_lowest into v_lowest using v_floor;
        if coalesce(v_lowest, 9223372036854775807) >= v_state[4]::bigint then
            v_floor := v_state[4]::bigint - 1;
        end if;
        if v_lowest > v_floor + 200 then
            v_next := v_lowest::text || array(
                select l.virtualtransaction from pg_catalog.pg_locks l
                where l.relation = p_table and l.mode = 'RowExclusiveLock'
                  and l.pid is distinct from pg_backend_pid());
        end if;
    end if;
    perform set_config('tasker.floor_' || p_name,
                       (array[v_floor::text, v_clock::text, v_full::text] || v_next)::text, false);
    return v_floor;
end;
$$;
