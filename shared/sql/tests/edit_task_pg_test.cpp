#include "retry_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

/// edit_task.
class EditTask : public Retry {
protected:
    /// "t", "f", or the error.
    std::string edit(std::string const& task, std::string const& context,
                     std::string const& more = "") {
        try {
            return w_.db().value<std::string>(
                fmt::format("select tasker.edit_task('{}', {}{})", task, context, more));
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }
};

constexpr auto conditional = "  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "when: $context.n == 2, otherwise: fail}\n";

TEST_F(EditTask, RetryRunsWithTheNewContext) {
    auto const task = create(conditional, R"({"n": 1})");
    EXPECT_THAT(run(), ElementsAre("a"));
    EXPECT_EQ(edit(task, R"('{"n": 2}')", ", 'a typing error', 'ada'"), "t");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.of_task(task, "context"), R"({"n": 2})");
    retry(task);
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.db().value<std::string>("select string_agg(concat_ws(', ', kind, by, reason), "
                                         "'; ' order by event_id) from tasker.task_events"),
              "edit, ada, a typing error; retry");
}

TEST_F(EditTask, SameContextChangesNothing) {
    auto const task = create(conditional, R"({"n": 1})");
    run({"a"});
    EXPECT_EQ(edit(task, R"('{"n": 1.0}')"), "f");
    EXPECT_EQ(w_.of_task(task, "context"), R"({"n": 1})");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_events"), 0);
}

TEST_F(EditTask, OnlyFailedTasksCanBeEdited) {
    auto const task = create(conditional, R"({"n": 1})");
    auto const problem_of = [](std::string const& state) {
        return EndsWith("the task is " + state +
                        ": only the context of a failed task can be edited");
    };
    EXPECT_THAT(edit(task, "'{}'"), problem_of("pending"));
    w_.claim();
    EXPECT_THAT(edit(task, "'{}'"), problem_of("running"));
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    EXPECT_THAT(edit(task, "'{}'"), problem_of("cancelled"));
    EXPECT_THAT(edit("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11", "'{}'"),
                EndsWith("there is no task 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"));
    EXPECT_THAT(edit(task, "null"), EndsWith("context: must not be null"));
    EXPECT_THAT(edit(task, "'{}'", ", null, ''"), EndsWith("by: must have 1 to 200 bytes, not 0"));
}

TEST_F(EditTask, ContextWithASchemaNeedsACheck) {
    auto const task = w_.db().value<std::string>(
        fmt::format("select tasker.create_task('default', 't', p_context_validated => true) "
                    "from (select {}) r",
                    w_.register_yaml("t", "  - {name: a, handler: {callable: h}}\n"
                                          "input_schema: {type: object}\n")));
    run({"a"});
    EXPECT_THAT(edit(task, R"('{"n": 1}')"),
                EndsWith("template default/t declares an input_schema, which the database cannot "
                         "check: pass p_context_validated => true once you have"));
    EXPECT_EQ(edit(task, R"('{"n": 1}')", ", p_context_validated => true"), "t");
}

TEST_F(EditTask, UndoneTasksAreRefused) {
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    run({"b"});
    EXPECT_THAT(edit(task, R"('{"n": 1}')"),
                EndsWith("the task cannot be edited, because it cannot be retried: its steps were "
                         "undone"));
}

} // namespace
} // namespace tasker::sql::testing
