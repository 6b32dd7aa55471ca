#include "resolve_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::EndsWith;

constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                       "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                       "  - {name: c, handler: {callable: h}, dependencies: [b]}\n";

constexpr auto join = "  - {name: a, handler: {callable: h}}\n"
                      "  - {name: b, handler: {callable: h}}\n"
                      "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n";

TEST_F(Resolve, SameResultAgainChangesNothing) {
    auto const task = create(chain);
    EXPECT_EQ(resolve(task, "a", R"('{"n": 1, "m": 2.0}')"), "t");
    EXPECT_EQ(resolve(task, "a", R"('{"m":2.00,"n":1}')"), "f");
    EXPECT_EQ(resolve(task, "b", skip), "t");
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(resolve(task, "b", skip), "f");
    EXPECT_EQ(resolve(task, "a", R"('{"n": 1, "m": 2.0}')"), "f");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_events"), 2);
    EXPECT_THAT(resolve(task, "a", "'1'"), EndsWith("step \"a\" is complete with another result"));
    EXPECT_THAT(resolve(task, "a", skip),
                EndsWith("step \"a\" is complete: only a step that has not ended, or that failed, "
                         "can be resolved"));
    EXPECT_THAT(resolve(task, "b"),
                EndsWith("step \"b\" is skipped: only a step that has not ended, or that failed, "
                         "can be resolved"));
}

TEST_F(Resolve, OtherStepsAreRefused) {
    auto const task = create(join);
    EXPECT_THAT(resolve(task, "c"),
                EndsWith("step \"c\" is pending: only a step that has begun can be resolved"));
    auto const held = w_.claim();
    w_.finish(held.at(0), problem, 2);
    EXPECT_THAT(resolve(task, "a"),
                EndsWith("step \"a\" is failed: it can be resolved once the task has failed, too"));
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    EXPECT_THAT(resolve(task, "b"),
                EndsWith("step \"b\" cannot be resolved: the task is cancelled"));
    EXPECT_THAT(resolve(task, "z"), EndsWith("the task has no step \"z\""));
    EXPECT_THAT(resolve("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11", "a"),
                EndsWith("there is no task 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"));
}

TEST_F(Resolve, StepThatDependsOnAFailedOneIsRefused) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "join: any_failed}\n");
    run({"a", "b"});
    EXPECT_THAT(resolve(task, "b"),
                EndsWith("step \"b\" depends on a step that is not complete: resolve that one, or "
                         "retry the task"));
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_EQ(states(task), "a complete, b skipped");
}

TEST_F(Resolve, StepsOfChildTasksAndOfUndoneTasksAreRefused) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const parent = create("  - {name: k, workflow: {name: kid}}\n");
    auto const child = w_.db().value<std::string>(
        "select task_id from tasker.tasks where parent_task is not null");
    EXPECT_THAT(
        resolve(child, "x"),
        EndsWith("the task is a child task: resolve a step of the task at the top, " + parent));
    run();
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0));
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_THAT(resolve(task, "b"),
                EndsWith("step \"b\" cannot be resolved: the steps of the task are being undone"));
    EXPECT_THAT(resolve(task, "a:undo"), EndsWith("the task has no step \"a:undo\""));
    run();
    EXPECT_THAT(resolve(task, "b"),
                EndsWith("step \"b\" cannot be resolved: the steps of the task were undone"));
}

TEST_F(Resolve, WrongArgumentsAreRefused) {
    auto const task =
        create("  - {name: a, handler: {callable: h}, result_schema: {type: object}}\n"
               "  - {name: m, handler: {callable: h}, map: $context.l}\n",
               R"({"l": [1]})");
    for (auto const* const how : {"null", "'1', true", "null, null"}) {
        EXPECT_THAT(resolve(task, "a", how),
                    EndsWith("result: give either a result or p_skip => true"))
            << how;
    }
    EXPECT_THAT(resolve(task, "a", "'1'"),
                EndsWith("step \"a\" declares a result_schema, which the database cannot check: "
                         "pass p_result_validated => true once you have"));
    EXPECT_THAT(resolve(task, "m", "'{}'"),
                EndsWith("result: the result of a step with map or matrix must be an array, not "
                         "an object"));
    EXPECT_THAT(resolve(task, "a", "'1', p_by => ''"),
                EndsWith("by: must have 1 to 200 bytes, not 0"));
    EXPECT_EQ(resolve(task, "a", "'1', p_result_validated => true"), "t");
    EXPECT_EQ(resolve(task, "m", "'[]'"), "t");
}

} // namespace
} // namespace tasker::sql::testing
