#include "source_files.hpp"

#include "tasker/model/states.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    std::set<std::pair<step_state, step_state>> const allowed{
        {pending, enqueued},           {pending, in_progress},
        {pending, cancelled},          {enqueued, in_progress},
        {enqueued, cancelled},         {in_progress, complete},
        {in_progress, failed},         {in_progress, waiting_for_retry},
        {in_progress, enqueued},       {in_progress, in_progress},
        {in_progress, cancelled},      {waiting_for_retry, enqueued},
        {waiting_for_retry, cancelled}};
    for (auto const& from : step_states) {
        for (auto const& to : step_states) {
            EXPECT_EQ(may_move(from.state, to.state), allowed.contains({from.state, to.state}))
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
        {task_state::failed, task_state::cancelled}};
    for (auto const& from : task_states) {
        for (auto const& to : task_states) {
            EXPECT_EQ(may_move(from.state, to.state), allowed.contains({from.state, to.state}))
                << from.name << " -> " << to.name;
        }
    }
}

TEST(States, NothingLeavesAStateThatIsFinal) {
    for (auto const& move : step_moves) {
        EXPECT_FALSE(is_finished(move.from)) << to_string(move.from);
    }
    for (auto const& move : task_moves) {
        EXPECT_TRUE(!is_finished(move.from) || move.from == task_state::failed);
    }
}

TEST(States, TheSqlEnumsHaveTheSameValuesInTheSameOrder) {
    std::string const sql = squeezed(read_source_file("shared/sql/migrations/0001_core.sql"));
    EXPECT_THAT(sql, HasSubstr("create type tasker.task_state as enum (" + task_state_sql() + ")"));
    EXPECT_THAT(sql, HasSubstr("create type tasker.step_state as enum (" + step_state_sql() + ")"));
}

TEST(States, TheDocumentShowsTheDiagrams) {
    std::string const document = read_source_file("docs/states.md");
    EXPECT_THAT(document, HasSubstr("```mermaid\n" + task_state_diagram() + "```"));
    EXPECT_THAT(document, HasSubstr("```mermaid\n" + step_state_diagram() + "```"));
}

} // namespace
} // namespace tasker::model
