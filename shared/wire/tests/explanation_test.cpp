#include "tasker/wire/explanation.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(ExplanationView, ReadsItsOwnJson) {
    explanation_view const view{
        .state = "running",
        .explanation = "1 step waits",
        .steps = {{.step = "go", .state = "waiting", .explanation = "waits for signal go"}}};
    std::string out;
    append(out, view);
    EXPECT_EQ(out, R"({"state":"running","explanation":"1 step waits","steps":[{"step":"go",)"
                   R"("state":"waiting","explanation":"waits for signal go"}]})");
    EXPECT_EQ(read_explanation(out).value(), view);
    EXPECT_TRUE(read_explanation(R"({"state":"running"})").has_error());
}

} // namespace
} // namespace tasker::wire
