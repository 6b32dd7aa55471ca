#include "tasker/wire/step_attempt.hpp"

#include "tasker/wire/step_view.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(StepAttempt, IsReadFromTheHistoryOfAStep) {
    auto const read = read_step_attempts(
        R"([{"attempt":1,"delivery":1,"worker":"w","started_at":"2030-12-01T08:00:00Z",)"
        R"("ended_at":"2030-12-01T08:00:01.5Z","outcome":"failed","error":{"message":"no"}},)"
        R"({"attempt":2,"delivery":2,"worker":null,"started_at":null,)"
        R"("ended_at":"2030-12-01T08:00:02Z","outcome":"lost","error":null}])");
    std::vector<step_attempt> const expected{
        {.attempt = 1,
         .delivery = 1,
         .worker = "w",
         .started_at = parse_rfc3339("2030-12-01T08:00:00Z").value(),
         .ended_at = parse_rfc3339("2030-12-01T08:00:01.5Z").value(),
         .outcome = "failed",
         .error = R"({"message":"no"})"},
        {.attempt = 2,
         .delivery = 2,
         .worker = {},
         .started_at = {},
         .ended_at = parse_rfc3339("2030-12-01T08:00:02Z").value(),
         .outcome = "lost",
         .error = {}},
    };
    EXPECT_EQ(read.value(), expected);
}

TEST(StepAttempt, NamesTheFieldThatIsWrong) {
    EXPECT_EQ(read_step_attempts(R"([{"attempt":"1"}])").error().message,
              "unexpected response: [0].attempt must be a number, not a string");
}

TEST(StepAttempt, StaysInTheStepAsItIs) {
    step_view step;
    step.history = R"([{"attempt":1}])";
    std::string out;
    append(out, step);
    EXPECT_EQ(read_step_view(out).value(), step);
}

} // namespace
} // namespace tasker::wire
