#include "tasker/wire/retry.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(TaskView, HasItsRetriesIfThereAreSome) {
    task_view task;
    std::string out;
    append(out, task);
    EXPECT_EQ(out.find("retries"), std::string::npos);
    task.retries = R"([{"at": "1970-01-01T00:00:00.000000Z", "by": "ada", "reason": null}])";
    out.clear();
    append(out, task);
    EXPECT_EQ(read_task_view(out).value(), task);
}

TEST(Retry, IsReadFromTheRetriesOfATask) {
    std::vector<action_view> const expected{{.at = {}, .by = "ada", .reason = {}},
                                            {.at = {}, .by = {}, .reason = "again"}};
    EXPECT_EQ(
        read_retries(R"([{"at" : "1970-01-01T00:00:00.000000Z", "by" : "ada", "reason" : null},)"
                     R"({"at" : "1970-01-01T00:00:00.000000Z", "reason" : "again"}])")
            .value(),
        expected);
    EXPECT_TRUE(read_retries("{}").has_error());
}

TEST(Resolution, IsReadFromTheStep) {
    step_view step;
    step.resolved_by = R"({"at": "1970-01-01T00:00:00.000000Z", "by": "ada", "reason": null})";
    std::string out;
    append(out, step);
    EXPECT_EQ(read_step_view(out).value(), step);
    EXPECT_EQ(read_action(*step.resolved_by).value(),
              (action_view{.at = {}, .by = "ada", .reason = {}}));
    EXPECT_TRUE(read_action("[]").has_error());
}

} // namespace
} // namespace tasker::wire
