#include "transition_guard.hpp"

#include "tasker/model/states.hpp"

#include <fmt/format.h>

namespace tasker::testing {

namespace {

/// "('task', 'pending', 'running'), …"
template <class Moves>
std::string rows(char const* kind, Moves const& moves) {
    std::string text;
    for (auto const& move : moves) {
        text += fmt::format("{}('{}', '{}', '{}')", text.empty() ? "" : ", ", kind,
                            to_string(move.from), to_string(move.to));
    }
    return text;
}

constexpr char const* guard_function = R"(
create schema tasker_test;

create table tasker_test.moves (
    kind text, from_state text, to_state text, primary key (kind, from_state, to_state));

-- tg_argv[0]: 'task' or 'step'.
create function tasker_test.check_move() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    v_from text := case when tg_op = 'INSERT' then 'pending' else old.state::text end;
begin
    if v_from <> new.state::text
       and not exists (select from tasker_test.moves m
                       where m.kind = tg_argv[0] and m.from_state = v_from
                         and m.to_state = new.state::text) then
        raise exception 'a % may not move from % to %: %', tg_argv[0], v_from, new.state, new
            using errcode = 'TG001';
    end if;
    return null;
end;
$$;
)";

constexpr char const* guard_triggers = R"(
create trigger {0}_insert_guard after insert on tasker.{0}s
    for each row when (new.state <> 'pending') execute function tasker_test.check_move('{0}');
create trigger {0}_update_guard after update of state on tasker.{0}s
    for each row when (old.state <> new.state) execute function tasker_test.check_move('{0}');
)";

} // namespace

std::string transition_guard_sql() {
    return guard_function +
           fmt::format("insert into tasker_test.moves values {}, {};",
                       rows("task", model::task_moves), rows("step", model::step_moves)) +
           fmt::format(fmt::runtime(guard_triggers), "task") +
           fmt::format(fmt::runtime(guard_triggers), "step");
}

} // namespace tasker::testing
