#pragma once

#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

namespace tasker::sql::testing {

inline constexpr auto refused_problem = R"({"message": "no", "type": "t"})";
inline constexpr auto exhausted = "the budget of 100 tokens is exhausted: 100 are spent";

/// `budget` of a template, and what steps spend.
class Budgets : public ::testing::TestWithParam<reporting> {
protected:
    int register_template(std::string const& steps) {
        return w_.register_yaml("t" + std::to_string(++templates_), steps);
    }

    std::string create(std::string const& steps, std::string const& context = "{}") {
        return w_.create(register_template(steps), context);
    }

    held_step claim_one() {
        auto const held = w_.claim();
        EXPECT_THAT(held, ::testing::SizeIs(1));
        return held.at(0);
    }

    /// `amounts`: all that this delivery has spent, as JSON. Returns how many steps are held.
    int spend(held_step const& step, std::string const& amounts, int note = 1) {
        return w_.db().value<int>(
            fmt::format("select tasker.store_progress(array['{}']::uuid[], array[{}], array[{}], "
                        "array[{}], '{{null}}', '{{null}}', '{{null}}', array['{}'])",
                        step.task_id, step.step_no, step.delivery, note, amounts));
    }

    void spend_and_finish(held_step const& step, int tokens, std::string const& result = "1") {
        spend(step, fmt::format(R"({{"tokens": {}}})", tokens));
        w_.finish(step, result);
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    std::string spent(std::string const& task) {
        return w_.of_task(task, "spent");
    }

    std::string error_of(std::string const& task, std::string const& step) {
        return w_.shown(task, step, "error ->> 'type'");
    }

    void expect_refused(std::string const& task, std::string const& step) {
        EXPECT_EQ(w_.step_state(task, step), "failed") << step;
        EXPECT_EQ(error_of(task, step), "budget_exhausted") << step;
    }

    void expect_failed(std::string const& task) {
        EXPECT_EQ(w_.task_state(task), "failed");
        EXPECT_EQ(w_.of_task(task, "error ->> 'type'"), "budget_exhausted");
        EXPECT_NE(w_.of_task(task, "finished_at"), "");
        EXPECT_EQ(w_.messages(), 0);
        EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    }

    workflow_database w_{GetParam()};
    int templates_ = 0;
};

} // namespace tasker::sql::testing
