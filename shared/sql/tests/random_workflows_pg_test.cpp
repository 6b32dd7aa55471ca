#include "engine_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

namespace tasker::sql::testing {
namespace {

/// Others by `TASKER_RANDOM_WORKFLOWS=10000` and `TASKER_RANDOM_SEED=4711`.
std::uint64_t setting(char const* name, std::uint64_t otherwise) {
    char const* const text = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? otherwise : std::stoull(text);
}

std::string shown(model_end const& end) {
    std::string out;
    for (auto const& state : end.steps) {
        out += state + ' ';
    }
    out += "; " + end.task + ' ' + end.result + "; undone: " + end.compensation;
    for (auto const& state : end.undone) {
        out += " '" + state + '\'';
    }
    return out + "; hook: " + end.hook;
}

/// "" if engine and model agree.
std::string difference(engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
    auto const expected = expected_end(steps);
    auto const [end, problem, was_ended] = engine.run(steps, seed);
    if (end == expected && problem.empty()) {
        return "";
    }
    return "engine: " + shown(end) + "\nmodel:  " + shown(expected) + "\n" + problem;
}

/// The smallest workflow found for which engine and model differ.
model_workflow shrunk(engine_run& engine, model_workflow steps, std::uint64_t seed) {
    for (bool is_smaller = true; is_smaller;) {
        is_smaller = false;
        for (auto& each : simpler(steps)) {
            if (!difference(engine, each, seed).empty()) {
                steps = std::move(each);
                is_smaller = true;
                break;
            }
        }
    }
    return steps;
}

/// Runs the test for the random workflows, or for one in `share` of them, until it fails.
template <class Test>
void for_each_workflow(std::uint64_t share, Test test) {
    workflow_database database;
    engine_run engine{database};
    auto const first = setting("TASKER_RANDOM_SEED", 1);
    auto const end = first + setting("TASKER_RANDOM_WORKFLOWS", 500) / share;
    for (auto seed = first; seed < end && !::testing::Test::HasFatalFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test(engine, random_workflow(seed), seed);
    }
}

TEST(RandomWorkflows, EndAsTheModelSays) {
    for_each_workflow(1, [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
        if (!difference(engine, steps, seed).empty()) {
            auto const smallest = shrunk(engine, steps, seed);
            FAIL() << to_text(smallest) << difference(engine, smallest, seed);
        }
    });
}

TEST(RandomWorkflows, EndAsWithoutABudgetOrFailOnceItIsExhausted) {
    for_each_workflow(2, [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
        auto const expected = expected_end(steps);
        auto const budget = 1 + static_cast<int>(seed * 7 % 15);
        auto const [end, problem, was_ended] = engine.run_with_budget(steps, seed, budget);
        SCOPED_TRACE("budget " + std::to_string(budget) + '\n' + to_text(steps) +
                     "engine: " + shown(end) + "\nmodel:  " + shown(expected));
        ASSERT_EQ(problem, "");
        ASSERT_EQ(engine.shown_spent(), engine.spent());
        if (engine.spent() < budget || end.task == "complete") {
            ASSERT_EQ(end, expected);
        } else {
            ASSERT_EQ(end.task, "failed");
        }
    });
}

TEST(RandomWorkflows, EndAsTheModelSaysAlthoughTheyArePaused) {
    for_each_workflow(2, [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
        auto const expected = expected_end(steps);
        auto const [end, problem, was_ended] = engine.run_with_pauses(steps, seed);
        SCOPED_TRACE(to_text(steps) + "engine: " + shown(end) + "\nmodel:  " + shown(expected));
        ASSERT_EQ(problem, "");
        ASSERT_EQ(end, expected);
    });
}

TEST(RandomWorkflows, EndAsTheModelSaysAlthoughMessagesAreLost) {
    for_each_workflow(5, [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
        auto const expected = expected_end(steps);
        auto const [end, problem, was_ended] = engine.run_with_lost_messages(steps, seed);
        SCOPED_TRACE(to_text(steps) + "engine: " + shown(end) + "\nmodel:  " + shown(expected));
        ASSERT_EQ(problem, "");
        ASSERT_EQ(end, expected);
    });
}

TEST(RandomWorkflows, EndAsTheModelSaysAfterStepsWereResolved) {
    for_each_workflow(2, [](engine_run& engine, model_workflow steps, std::uint64_t seed) {
        for (auto& step : steps) {
            // What is undone of a map that is skipped, or that fails, depends on the order.
            step.compensate = step.compensate && step.kind != body::map;
        }
        auto run = std::optional{engine.run_with_resolves(steps, seed)};
        std::string hooks;
        for (int times = 0; run && times < 4; ++times) {
            auto [end, problem, was_ended] = *run;
            if (end.hook.starts_with(hooks)) {
                end.hook = end.hook.substr(hooks.size());
            }
            auto const expected = expected_end(steps);
            SCOPED_TRACE(to_text(steps) + "engine: " + shown(end) + "\nmodel:  " + shown(expected));
            ASSERT_EQ(problem, "");
            ASSERT_EQ(end, expected);
            hooks = run->end.hook;
            run.reset();
            if (end.task == "failed" && end.compensation.empty()) {
                run = engine.resolve_failed(steps);
            }
        }
    });
}

TEST(RandomWorkflows, LeaveNothingBehindIfTheyAreCancelled) {
    for_each_workflow(5, [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
        auto const expected = expected_end(steps);
        auto const [end, problem, was_ended] = engine.run_and_cancel(steps, seed);
        SCOPED_TRACE(to_text(steps) + shown(end));
        ASSERT_EQ(problem, "");
        ASSERT_TRUE(end.task == "cancelled" || end == expected);
        for (std::size_t i = 0; i < end.steps.size(); ++i) {
            ASSERT_TRUE(end.steps[i] == "cancelled" || end.steps[i] == expected.steps[i])
                << "step " << i;
        }
    });
}

TEST(RandomWorkflows, EndEarlyIfAHandlerEndsTheRun) {
    int runs = 0;
    int ended = 0;
    for_each_workflow(2, [&](engine_run& engine, model_workflow steps, std::uint64_t seed) {
        for (auto& step : steps) {
            // Whether an item of a skipped map was complete, which is undone, depends on the order.
            step.compensate = step.compensate && step.kind != body::map;
        }
        model_ending const by{.step = seed % steps.size(), .fails = seed % 3 == 0};
        auto const [end, problem, was_ended] = engine.run_and_end(steps, by, seed);
        SCOPED_TRACE(name_of(by.step) + (by.fails ? " fails the task\n" : " finishes\n") +
                     to_text(steps) + shown(end));
        ASSERT_EQ(problem, "");
        if (was_ended) {
            ASSERT_EQ(problem_of(steps, by, end), "");
        } else {
            ASSERT_EQ(end, expected_end(steps));
        }
        ++runs;
        ended += was_ended ? 1 : 0;
    });
    EXPECT_GT(ended, runs / 5) << "too few runs were ended";
}

/// "" if the retries of a task that ended so have the ends that the model says, at most three.
std::string retried(engine_run& engine, model_workflow steps, model_end end, std::uint64_t seed) {
    std::string hooks = end.hook;
    for (std::uint64_t time = 0; time < 3 && end.task == "failed"; ++time) {
        steps = healed(std::move(steps), end, seed + time);
        auto const expected = expected_end(steps);
        if (!end.compensation.empty()) {
            EXPECT_THROW(engine.retry(steps), pqxx::sql_error);
            return "";
        }
        auto [now, problem, was_ended] = engine.retry(steps);
        EXPECT_FALSE(was_ended);
        // Only those of this end.
        auto const all_hooks = now.hook;
        if (all_hooks.starts_with(hooks)) {
            now.hook = all_hooks.substr(hooks.size());
        }
        hooks = all_hooks;
        if (now != expected || !problem.empty()) {
            return to_text(steps) + "engine: " + shown(now) + "\nmodel:  " + shown(expected) +
                   "\n" + problem;
        }
        end = std::move(now);
    }
    return "";
}

/// `run(engine, steps, seed)` returns how a workflow ended before its retries.
template <class Run>
void expect_the_ends_of_the_model_after_retries(Run run) {
    int runs = 0;
    int retries = 0;
    for_each_workflow(1, [&](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
        model_end const end = run(engine, steps, seed);
        ASSERT_EQ(retried(engine, steps, end, seed), "") << to_text(steps) << shown(end);
        ++runs;
        retries += end.task == "failed" && end.compensation.empty() ? 1 : 0;
    });
    EXPECT_GT(retries, runs / 20) << "too few tasks were retried";
}

TEST(RandomWorkflows, EndAsTheModelSaysAfterTheyAreRetried) {
    expect_the_ends_of_the_model_after_retries(
        [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
            return engine.run(steps, seed).end;
        });
}

TEST(RandomWorkflows, EndAsTheModelSaysAfterAHandlerFailedThemAndTheyAreRetried) {
    expect_the_ends_of_the_model_after_retries(
        [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
            model_ending const by{.step = seed % steps.size(), .fails = seed % 3 != 0};
            return engine.run_and_end(steps, by, seed).end;
        });
}

TEST(RandomWorkflows, EndAsTheModelSaysAfterTheirTimeLimitPassedAndTheyAreRetried) {
    expect_the_ends_of_the_model_after_retries(
        [](engine_run& engine, model_workflow const& steps, std::uint64_t seed) {
            return engine.run_overdue(steps, seed).end;
        });
}

/// How a workflow ends of which anything may happen to the task.
engine_run::outcome run_somehow(engine_run& engine, model_workflow const& steps,
                                std::uint64_t seed) {
    switch (seed % 4) {
    case 0:
        return engine.run(steps, seed);
    case 1:
        return engine.run_and_cancel(steps, seed);
    case 2:
        return engine.run_overdue(steps, seed);
    default:
        return engine.run_and_end(steps, {.step = seed / 4 % steps.size(), .fails = seed % 3 == 0},
                                  seed);
    }
}

TEST(RandomWorkflows, EndAsTheModelSaysAfterTheyAreRerunFromAnyStep) {
    int reruns = 0;
    int refused = 0;
    int shortened = 0;
    for_each_workflow(3, [&](engine_run& engine, model_workflow steps, std::uint64_t seed) {
        auto before = run_somehow(engine, steps, seed);
        for (std::uint64_t time = 0; time < 2; ++time) {
            auto const from = (seed / 16 + time) % steps.size();
            steps = healed(std::move(steps), before.end, seed + time);
            SCOPED_TRACE(to_text(steps) + "from " + name_of(from) + " of " + shown(before.end));
            auto const expected_taken = taken_over(steps, before.end, from);
            std::vector<bool> taken;
            if (!expected_taken || before.end.compensation == "running") {
                ASSERT_THROW(engine.rerun(steps, from, taken), pqxx::sql_error);
                ++refused;
                return;
            }
            auto const now = engine.rerun(steps, from, taken);
            auto const expected = expected_end(steps);
            ASSERT_EQ(now.problem, "");
            ASSERT_EQ(now.end, expected)
                << "engine: " << shown(now.end) << "\nmodel:  " << shown(expected);
            if (!before.was_ended) {
                ASSERT_EQ(taken, *expected_taken);
            }
            ++reruns;
            shortened += std::ranges::find(taken, true) != taken.end() ? 1 : 0;
            before = now;
        }
    });
    EXPECT_GT(reruns, 4 * refused) << "too many reruns were refused";
    EXPECT_GT(shortened, reruns / 4) << "too few reruns took over a step";
}

} // namespace
} // namespace tasker::sql::testing
