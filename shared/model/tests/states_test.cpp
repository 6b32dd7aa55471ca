#include "document_parts.hpp"
#include "source_files.hpp"

#include "tasker/model/states.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <utility>

namespace tasker::model {
namespace {

using ::testing::HasSubstr;
using enum step_state;

std::string squeezed(std::string const& text) {
    return std::regex_replace(text, std::regex{R"(\s+)"}, " ");
}

template <class State, std::size_t N>
bool may_move(std::array<state_move<State>, N> const& moves, State from, State to) {
    return std::ranges::any_of(
        moves, [&](auto const& move) { return move.from == from && move.to == to; });
}

template <class State, std::size_t N>
std::string quoted(std::array<state_row<State>, N> const& rows, bool (*chosen)(state_kind),
                   std::string const& quote) {
    std::string out;
    for (auto const& row : rows) {
        if (chosen(row.kind)) {
            out.append(out.empty() ? "" : ", ").append(quote).append(row.name).append(quote);
        }
    }
    return out;
}

template <class State, std::size_t N, std::size_t M>
std::string diagram(std::array<state_row<State>, N> const& rows,
                    std::array<state_move<State>, M> const& moves) {
    std::string out = "```mermaid\nstateDiagram-v2\n    [*] --> ";
    out.append(rows.front().name).append("\n");
    for (auto const& move : moves) {
        out.append("    ").append(to_string(move.from)).append(" --> ");
        out.append(to_string(move.to)).append(": ").append(move.cause).append("\n");
    }
    for (auto const& row : rows) {
        if (is_finished(row.kind)) {
            out.append("    ").append(row.name).append(" --> [*]\n");
        }
    }
    return out.append("```\n");
}

template <class State, std::size_t N>
std::string table(std::array<state_row<State>, N> const& rows) {
    std::string out = "| state | meaning | finished |\n|---|---|---|\n";
    for (auto const& row : rows) {
        out.append("| `").append(row.name).append("` | ").append(row.meaning);
        out.append(is_finished(row.kind) ? " | yes |\n" : " | |\n");
    }
    return out;
}

TEST(States, NamesAreReadBack) {
    for (auto const& row : task_states) {
        EXPECT_EQ(parse_task_state(to_string(row.state)), row.state);
    }
    for (auto const& row : step_states) {
        EXPECT_EQ(parse_step_state(to_string(row.state)), row.state);
    }
    EXPECT_EQ(parse_task_state("enqueued"), std::nullopt);
    EXPECT_EQ(parse_step_state(""), std::nullopt);
}

TEST(States, TasksFinishFailedCompleteOrCancelled) {
    std::set<std::string_view> found;
    for (auto const& row : task_states) {
        if (is_finished(row.state)) {
            found.insert(row.name);
        }
    }
    EXPECT_EQ(found, (std::set<std::string_view>{"failed", "complete", "cancelled"}));
}

TEST(States, StepsMoveAsTheyShouldAndNoOtherWay) {
    std::set<std::pair<step_state, step_state>> const allowed{{pending, enqueued},
                                                              {pending, in_progress},
                                                              {pending, cancelled},
                                                              {enqueued, in_progress},
                                                              {enqueued, cancelled},
                                                              {in_progress, complete},
                                                              {in_progress, failed},
                                                              {in_progress, waiting_for_retry},
                                                              {in_progress, enqueued},
                                                              {in_progress, in_progress},
                                                              {in_progress, cancelled},
                                                              {waiting_for_retry, enqueued},
                                                              {waiting_for_retry, failed},
                                                              {waiting_for_retry, cancelled},
                                                              {pending, skipped},
                                                              {pending, failed},
                                                              {pending, waiting},
                                                              {in_progress, waiting},
                                                              {waiting, enqueued},
                                                              {waiting, complete},
                                                              {waiting, failed},
                                                              {waiting, skipped},
                                                              {waiting, cancelled},
                                                              {enqueued, skipped},
                                                              {in_progress, skipped},
                                                              {waiting_for_retry, skipped},
                                                              {failed, pending},
                                                              {cancelled, pending},
                                                              {complete, pending},
                                                              {skipped, pending},
                                                              {pending, complete},
                                                              {enqueued, complete},
                                                              {waiting_for_retry, complete}};
    for (auto const& from : step_states) {
        for (auto const& to : step_states) {
            EXPECT_EQ(may_move(step_moves, from.state, to.state),
                      allowed.contains({from.state, to.state}))
                << from.name << " -> " << to.name;
        }
    }
}

TEST(States, TasksMoveAsTheyShouldAndNoOtherWay) {
    using enum task_state;
    std::set<std::pair<task_state, task_state>> const allowed{
        {task_state::pending, running},
        {task_state::pending, waiting},
        {task_state::pending, task_state::failed},
        {task_state::pending, task_state::complete},
        {task_state::pending, task_state::cancelled},
        {running, waiting},
        {running, task_state::failed},
        {running, task_state::complete},
        {running, task_state::cancelled},
        {waiting, running},
        {waiting, task_state::failed},
        {waiting, task_state::complete},
        {waiting, task_state::cancelled},
        {task_state::failed, task_state::cancelled},
        {task_state::failed, running}};
    for (auto const& from : task_states) {
        for (auto const& to : task_states) {
            EXPECT_EQ(may_move(task_moves, from.state, to.state),
                      allowed.contains({from.state, to.state}))
                << from.name << " -> " << to.name;
        }
    }
}

TEST(States, OnlyUsersMoveWhatHasFinished) {
    for (auto const& move : step_moves) {
        EXPECT_TRUE(!is_finished(move.from) || move.cause == "retry of the task")
            << to_string(move.from);
    }
    for (auto const& move : task_moves) {
        EXPECT_TRUE(!is_finished(move.from) || move.from == task_state::failed);
    }
}

TEST(States, TheSqlEnumsHaveTheSameValuesInTheSameOrder) {
    auto const any = [](state_kind) { return true; };
    std::string const sql = squeezed(read_source_file("shared/sql/migrations/0001_core.sql"));
    EXPECT_THAT(sql, HasSubstr("create type tasker.task_state as enum (" +
                               quoted(task_states, any, "'") + ")"));
    EXPECT_THAT(sql, HasSubstr("create type tasker.step_state as enum (" +
                               quoted(step_states, any, "'") + ")"));
}

TEST(States, ThePythonClientWaitsForTheFinishedStates) {
    auto const python = read_source_file("worker/python/tasker/models.py");
    auto const finished = quoted(
        task_states, [](state_kind kind) { return is_finished(kind); }, "\"");
    EXPECT_THAT(python, HasSubstr("_finished = frozenset({" + finished + "})"));
}

TEST(StatesDocument, ShowsTheStatesAndMovesOfATask) {
    expect_part("docs/states.md", "states of a task", table(task_states));
    expect_part("docs/states.md", "moves of a task", diagram(task_states, task_moves));
}

TEST(StatesDocument, ShowsTheStatesAndMovesOfAStep) {
    expect_part("docs/states.md", "states of a step", table(step_states));
    expect_part("docs/states.md", "moves of a step", diagram(step_states, step_moves));
}

} // namespace
} // namespace tasker::model
