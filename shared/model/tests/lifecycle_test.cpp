#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;

std::string definition_of(std::string const& yaml) {
    auto const read = parse_template_yaml("name: t\nversion: 1.0.0\n" + yaml);
    EXPECT_THAT(problems_of(read), ElementsAre()) << yaml;
    return compile(read.value(), "").definition;
}

std::string const one_step = "steps: [{name: a, handler: {callable: h}}]\n";

TEST(Lifecycle, MaxDurationIsTheTimeLimitOfATask) {
    EXPECT_EQ(definition_of("lifecycle: {max_duration_minutes: 2, staleness_action: error,\n"
                            "  auto_fail_on_timeout: true, auto_dlq_on_timeout: true}\n" +
                            one_step),
              definition_of("timeout_seconds: 120\n" + one_step));
}

TEST(Lifecycle, MaxStepsInProcessIsTheTimeLimitOfAttempts) {
    EXPECT_EQ(definition_of("lifecycle: {max_steps_in_process_minutes: 2}\n" + one_step),
              definition_of("defaults: {timeout_seconds: 120}\n" + one_step));
    EXPECT_EQ(definition_of("steps: [{name: a, handler: {callable: h},\n"
                            "  lifecycle: {max_steps_in_process_minutes: 2}}]\n"),
              definition_of("steps: [{name: a, handler: {callable: h}, timeout_seconds: 120}]\n"));
}

TEST(Lifecycle, TheLowerTimeLimitOfAStepIsUsed) {
    std::string const steps =
        "steps: [{name: a, handler: {callable: h}, timeout_seconds: 30},\n"
        "  {name: b, handler: {callable: h}, timeout_seconds: 300}, {name: c, sleep: {seconds: "
        "1}},\n"
        "  {name: d, handler: {callable: h}, lifecycle: {max_steps_in_process_minutes: 1}}]\n";
    EXPECT_EQ(definition_of("lifecycle: {max_steps_in_process_minutes: 2}\n" + steps),
              definition_of("defaults: {timeout_seconds: 120}\n"
                            "steps: [{name: a, handler: {callable: h}, timeout_seconds: 30},\n"
                            "  {name: b, handler: {callable: h}, timeout_seconds: 120},\n"
                            "  {name: c, sleep: {seconds: 1}},\n"
                            "  {name: d, handler: {callable: h}, timeout_seconds: 60}]\n"));
    EXPECT_EQ(definition_of("lifecycle: {max_steps_in_process_minutes: 2}\n"
                            "defaults: {timeout_seconds: 20}\n" +
                            one_step),
              definition_of("defaults: {timeout_seconds: 20}\n" + one_step));
}

TEST(Lifecycle, AnEnvironmentCannotRaiseTheTimeLimit) {
    auto const with = [](std::string const& limit, std::string const& seconds) {
        return definition_of(
            limit + one_step +
            "environments: {production: {steps: [{name: a, timeout_seconds: " + seconds + "}]}}\n");
    };
    EXPECT_EQ(with("lifecycle: {max_steps_in_process_minutes: 2}\n", "600"),
              with("defaults: {timeout_seconds: 120}\n", "120"));
    EXPECT_EQ(with("lifecycle: {max_steps_in_process_minutes: 2}\n", "60"),
              with("defaults: {timeout_seconds: 120}\n", "60"));
}

TEST(Lifecycle, KeysWithoutAMeaningInTaskerAreErrorsWithTheReason) {
    EXPECT_THAT(
        problems_of_yaml("name: t\nversion: 1.0.0\ntimeout_seconds: 5\nlifecycle:\n"
                         "  max_duration_minutes: 1\n"
                         "  max_waiting_for_dependencies_minutes: 1\n"
                         "  max_waiting_for_retry_minutes: 1\n"
                         "  staleness_action: none\n"
                         "  auto_fail_on_timeout: false\n" +
                         one_step),
        ElementsAre(
            "line 5: lifecycle.max_duration_minutes: cannot be combined with `timeout_seconds`",
            "line 6: lifecycle.max_waiting_for_dependencies_minutes: has no counterpart in Tasker: "
            "`max_duration_minutes` limits the whole task",
            "line 7: lifecycle.max_waiting_for_retry_minutes: has no counterpart in Tasker: "
            "`retry.max_backoff_ms` limits the wait for a retry",
            "line 8: lifecycle.staleness_action: must be dlq or error, not \"none\"",
            "line 9: lifecycle.auto_fail_on_timeout: must be true: at the end of a time limit, a "
            "task always fails"));
    EXPECT_THAT(
        problems_of_yaml("name: t\nversion: 1.0.0\nsteps:\n- name: a\n  handler: {callable: h}\n"
                         "  timeout_seconds: 5\n  lifecycle:\n"
                         "    max_steps_in_process_minutes: 1\n    max_retries: 3\n"
                         "    backoff_multiplier: 2.0\n    max_duration_minutes: 1\n"),
        ElementsAre("line 8: steps[0].lifecycle.max_steps_in_process_minutes: cannot be combined "
                    "with `timeout_seconds`",
                    "line 9: steps[0].lifecycle.max_retries: has no effect in tasker-core: use "
                    "`retry.max_attempts`",
                    "line 10: steps[0].lifecycle.backoff_multiplier: has no effect in tasker-core: "
                    "use `retry.backoff`",
                    "line 11: steps[0].lifecycle.max_duration_minutes: is a key of the template's "
                    "`lifecycle`, not of a step's"));
    EXPECT_THAT(problems_of_yaml("name: t\nversion: 1.0.0\nsteps:\n- name: a\n"
                                 "  sleep: {seconds: 1}\n  lifecycle: {max_retries: 3}\n")
                    .front(),
                "line 6: steps[0].lifecycle: has no effect on a step with `sleep`");
}

} // namespace
} // namespace tasker::model
