#include "tasker/wire/retry.hpp"
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
    std::vector<retry_view> const expected{{.at = {}, .by = "ada", .reason = {}},
                                           {.at = {}, .by = {}, .reason = "again"}};
    EXPECT_EQ(
        read_retries(R"([{"at" : "1970-01-01T00:00:00.000000Z", "by" : "ada", "reason" : null},)"
                     R"({"at" : "1970-01-01T00:00:00.000000Z", "reason" : "again"}])")
            .value(),
        expected);
    EXPECT_TRUE(read_retries("{}").has_error());
}

} // namespace
} // namespace tasker::wire
