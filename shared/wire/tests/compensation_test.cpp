#include "tasker/wire/compensation.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(Cancel, BodyMayBeEmpty) {
    for (auto const* body : {"", "{}", R"({"compensate": false})"}) {
        EXPECT_EQ(parse_cancel(body).value(), cancel_request{}) << body;
    }
    EXPECT_TRUE(parse_cancel(R"({"compensate": true})").value().compensate);
}

TEST(Cancel, ProblemsOfTheBodyAreNamed) {
    struct wrong {
        char const* body;
        char const* path;
        char const* problem;
    };
    for (auto const& [body, path, problem] :
         {wrong{"[]", "", "must be an object, not an array"},
          wrong{R"({"compensate": 1})", "compensate", "must be true or false, not a number"},
          wrong{R"({"compensate": true, "compensate": false})", "compensate", "is given twice"},
          wrong{R"({"force": true})", "force", "is an unknown field"}}) {
        auto const refused = parse_cancel(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_EQ(refused.error().details.at(0).problem, problem);
    }
    EXPECT_TRUE(parse_cancel("{").has_error());
}

TEST(Cancel, RequestIsWrittenOnlyIfItDiffersFromTheDefault) {
    std::string out;
    append(out, cancel_request{});
    EXPECT_EQ(out, "");
    append(out, cancel_request{.compensate = true});
    EXPECT_EQ(out, R"({"compensate":true})");
}

TEST(CompensationView, ReadsItsOwnJson) {
    compensation_view view;
    std::string out;
    append(out, view);
    EXPECT_EQ(out, R"({"state":null,"steps":[]})");
    EXPECT_EQ(read_compensation(out).value(), view);
    view.state = "running";
    view.steps = {{.step = "pay", .callable = "card.refund", .state = "complete", .attempts = 2}};
    out.clear();
    append(out, view);
    EXPECT_EQ(out, R"({"state":"running","steps":[{"step":"pay","callable":"card.refund",)"
                   R"("state":"complete","attempts":2}]})");
    EXPECT_EQ(read_compensation(out).value(), view);
}

TEST(TaskView, IsFinishedAfterItsCompensation) {
    task_view task;
    EXPECT_FALSE(is_finished(task));
    task.state = model::task_state::failed;
    EXPECT_TRUE(is_finished(task));
    task.compensation = "running";
    EXPECT_FALSE(is_finished(task));
    task.compensation = "failed";
    EXPECT_TRUE(is_finished(task));
}

TEST(TaskView, HasItsCompensationAndErrorIfThereAreSome) {
    task_view task;
    task.compensation = "running";
    task.error = R"({"type":"deadline","message":"late"})";
    std::string out;
    append(out, task);
    EXPECT_TRUE(
        out.ends_with(R"("compensation":"running","error":{"type":"deadline","message":"late"}})"));
    EXPECT_EQ(read_task_view(out).value(), task);
    step_view step;
    step.compensation = R"({"state":"failed","attempts":1,"error":null})";
    out.clear();
    append(out, step);
    EXPECT_EQ(read_step_view(out).value(), step);
}

} // namespace
} // namespace tasker::wire
