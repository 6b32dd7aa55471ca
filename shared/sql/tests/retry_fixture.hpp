#pragma once

#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tasker::sql::testing {

/// retry_task. Handlers fail permanently while the test names their steps.
class Retry : public ::testing::Test {
protected:
    static constexpr auto problem = R"({"message": "no", "type": "t"})";

    std::string create(std::string const& steps, std::string const& context = "{}") {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps), context);
    }

    /// "t", "f", or the error.
    std::string retry(std::string const& task, std::string const& more = "") {
        try {
            return w_.db().value<std::string>(
                fmt::format("select tasker.retry_task('{}'{})", task, more));
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    /// Runs everything that is due. Returns the names of the steps in the order in which they ran.
    std::vector<std::string> run(std::vector<std::string> const& failing = {}) {
        std::vector<std::string> order;
        do {
            for (auto steps = w_.claim(); !steps.empty(); steps = w_.claim()) {
                for (auto const& step : steps) {
                    order.push_back(step.name);
                    bool const fails = std::ranges::find(failing, step.name) != failing.end();
                    w_.finish(step, fails ? problem : '"' + step.name + '"', fails ? 2 : 0);
                }
            }
        } while (fire() > 0);
        return order;
    }

    /// "a complete, b pending"
    std::string states(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select string_agg(name || ' ' || state, ', ' order by step_no) "
                        "from tasker.list_steps('{}', null, -1, 100)",
                        task));
    }

    workflow_database w_;
    int templates_ = 0;
};

} // namespace tasker::sql::testing
