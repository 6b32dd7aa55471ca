#include "tasker/measure/yardstick.hpp"

#include <array>

namespace tasker::measure {

namespace {

// 64 rows with room for their next version in the same page: nothing grows however often they are
// updated.
constexpr std::array<pg::statement, 5> schema{{
    {"yardstick_schema", "create schema if not exists yardstick"},
    {"yardstick_table",
     "create table if not exists yardstick.rows (id int primary key, changed_at timestamptz,"
     " count int not null default 0, body jsonb not null) with (fillfactor = 25)"},
    {"yardstick_rows", "insert into yardstick.rows (id, body)"
                       " select n, jsonb_build_object('order', n, 'text', repeat('x', 100))"
                       " from generate_series(1, 64) n on conflict do nothing"},
    {"yardstick_make_read",
     R"(create or replace function yardstick.read(p_from int) returns setof yardstick.rows
       language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
       declare
           v_sum bigint := 0;
       begin
           for v_n in 1 .. 200 loop
               v_sum := v_sum + v_n * p_from % 7;
           end loop;
           for v_n in 1 .. 4 loop
               return query select r.* from unnest(array[p_from, p_from + v_n]) i(id)
                            join yardstick.rows r on r.id = i.id where v_sum > 0;
           end loop;
       end; $$)"},
    {"yardstick_make_write", R"(create or replace function yardstick.write(p_from int) returns int
       language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan as $$
       declare
           v_ids int[] := array(select p_from + n from generate_series(0, 7) n);
           v_count int;
       begin
           with changed as (
               update yardstick.rows r set count = r.count + 1, changed_at = clock_timestamp(),
                      body = jsonb_build_object('order', r.id, 'count', r.count)
               from (select * from unnest(v_ids) i(id) order by id) i where r.id = i.id
               returning r.id, r.body ->> 'order' as placed
           )
           select sum(c.placed::int) into v_count from changed c;
           execute format('select count(*) + %s from yardstick.rows r where r.id = any ($1)', v_count)
           into v_count using v_ids;
           return v_count;
       end; $$)"},
}};

} // namespace

yardstick::yardstick(session& on) : on_{on} {
    for (auto const& each : schema) {
        on_.query(each);
    }
}

yardstick::sample yardstick::take() {
    static constexpr pg::statement read{"yardstick_read",
                                        "/* upkeep */ select * from yardstick.read(17)"};
    static constexpr pg::statement write{"yardstick_write",
                                         "/* upkeep */ select yardstick.write(31)"};
    return {.read = on_.timed([&] { on_.query(read); }),
            .write = on_.timed([&] { on_.query(write); })};
}

} // namespace tasker::measure
