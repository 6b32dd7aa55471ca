#include "tasker/wire/rerun.hpp"
#include "tasker/wire/task_view.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::wire {
namespace {

TEST(Rerun, RequestIsReadBack) {
    for (auto const& request :
         {rerun_request{.from = "b", .reason = {}, .by = {}, .idempotency_key = {}},
          rerun_request{.from = "b", .reason = "why", .by = "ada", .idempotency_key = "k"}}) {
        std::string out;
        append(out, request);
        EXPECT_EQ(parse_rerun(out).value(), request);
    }
}

TEST(Rerun, ProblemsOfTheBodyAreNamed) {
    struct wrong {
        std::string body;
        char const* path;
        char const* problem;
    };
    for (auto const& [body, path, problem] :
         {wrong{"", "from", "is required: the name of a step"},
          wrong{"{}", "from", "is required: the name of a step"},
          wrong{"[]", "", "must be an object, not an array"},
          wrong{R"({"from": 1})", "from", "must be a string, not a number"},
          wrong{R"({"from": ""})", "from", "must have 1 to 128 bytes"},
          wrong{R"({"from": "a", "reason": ""})", "reason", "must have 1 to 2000 bytes"},
          wrong{R"({"from": "a", "by": ""})", "by", "must have 1 to 200 bytes"},
          wrong{R"({"from": "a", "idempotency_key": ""})", "idempotency_key",
                "must have 1 to 255 bytes"},
          wrong{R"({"step": "a"})", "step", "is an unknown field"}}) {
        auto const refused = parse_rerun(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_TRUE(refused.error().details.at(0).problem.starts_with(problem))
            << refused.error().details.at(0).problem;
    }
    EXPECT_TRUE(parse_rerun("{").has_error());
}

TEST(Rerun, TaskNamesTheOtherTasks) {
    task_view task;
    std::string out;
    append(out, task);
    EXPECT_EQ(out.find("rerun_"), std::string::npos);
    task.rerun_of = task_id::generate();
    task.rerun_as = R"([{"task_id": "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11", "from": "b",
                         "at": "1970-01-01T00:00:00.000000Z", "by": null, "reason": "why"}])";
    out.clear();
    append(out, task);
    EXPECT_EQ(read_task_view(out).value(), task);
    std::vector<rerun_view> const expected{
        {.task = task_id::parse("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11").value(),
         .from = "b",
         .at = {},
         .by = {},
         .reason = "why"}};
    EXPECT_EQ(read_reruns(*task.rerun_as).value(), expected);
    EXPECT_TRUE(read_reruns("{}").has_error());
}

} // namespace
} // namespace tasker::wire
