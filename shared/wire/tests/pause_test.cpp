#include "tasker/wire/pause.hpp"

#include "tasker/wire/task_view.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::wire {
namespace {

TEST(Pause, RequestIsReadBack) {
    for (auto const& request :
         {pause_request{}, pause_request{.name_space = "shop"},
          pause_request{
              .name_space = "shop", .template_name = "order", .reason = "a \"b\"", .by = "ada"}}) {
        std::string out;
        append(out, request);
        EXPECT_EQ(parse_pause(out).value(), request) << out;
    }
    EXPECT_EQ(parse_pause("").value(), pause_request{});
}

TEST(Pause, ProblemsOfTheBodyAreNamed) {
    for (auto const& [body, path] :
         {std::pair{R"({"namespace": "Shop!"})", "namespace"},
          std::pair{R"({"namespace": "shop", "template": ""})", "template"},
          std::pair{R"({"reason": ""})", "reason"}, std::pair{R"({"by": 1})", "by"},
          std::pair{R"({"task": "a"})", "task"}}) {
        auto const refused = parse_pause(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
    }
}

TEST(Pause, ListIsReadBack) {
    pauses_view const shown{{{.name_space = "shop",
                              .template_name = "order",
                              .task = {},
                              .paused_at = {},
                              .by = "ada",
                              .reason = "a migration"},
                             {.name_space = {},
                              .template_name = {},
                              .task = task_id::generate(),
                              .paused_at = {},
                              .by = {},
                              .reason = {}}}};
    std::string out;
    append(out, shown);
    EXPECT_EQ(read_pauses(out).value(), shown) << out;
    EXPECT_TRUE(read_pauses(R"({"pauses": 1})").has_error());
}

TEST(TaskView, SaysThatItIsPaused) {
    task_view task;
    std::string out;
    append(out, task);
    EXPECT_EQ(out.find("paused"), std::string::npos);
    task.paused = true;
    out.clear();
    append(out, task);
    EXPECT_EQ(read_task_view(out).value(), task);
}

} // namespace
} // namespace tasker::wire
