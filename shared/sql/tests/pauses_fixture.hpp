#pragma once

#include "workflow_database.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {

/// pause_task, resume_task, pause_tasks and resume_tasks.
class Pauses : public ::testing::Test {
protected:
    static constexpr auto problem = R"({"message": "no", "type": "t"})";
    static constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                                  "  - {name: b, handler: {callable: h}, dependencies: [a]}\n";

    std::string create(std::string const& steps) {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps));
    }

    /// "t", "f", or the error.
    std::string tried(std::string const& call) {
        try {
            return w_.db().value<std::string>("select tasker." + call);
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }

    std::string pause(std::string const& task) {
        return tried("pause_task('" + task + "')");
    }

    std::string resume(std::string const& task) {
        return tried("resume_task('" + task + "')");
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    int count(std::string const& table) {
        return w_.db().value<int>("select count(*) from tasker." + table);
    }

    std::vector<std::string> claimed() {
        std::vector<std::string> names;
        for (auto const& step : w_.claim()) {
            names.push_back(step.name);
        }
        return names;
    }

    workflow_database w_;
    int templates_ = 0;
};

} // namespace tasker::sql::testing
