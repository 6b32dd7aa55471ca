#pragma once

#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace tasker::sql::testing {

inline constexpr auto problem = R"({"message": "no", "type": "t"})";
inline constexpr auto hooks = "on_failure: {workflow: {name: hook}}\n"
                              "on_complete: {workflow: {name: hook}}\n";

/// `on_failure` and `on_complete` of a template. Each end of a task is tested with both.
class Hooks : public ::testing::Test {
protected:
    Hooks() {
        w_.register_yaml("hook", "  - {name: h, handler: {callable: h}}\n");
    }

    int with_hooks(std::string const& steps) {
        return w_.register_yaml("t" + std::to_string(++templates_), steps + hooks);
    }

    std::string create(std::string const& steps, std::string const& context = "{}") {
        return w_.create(with_hooks(steps), context);
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    int hook_tasks() {
        return w_.db().value<int>(
            "select count(*) from tasker.task_labels where name = 'tasker.hook_of'");
    }

    /// The context of the only hook task of a task; "null" without one.
    nlohmann::json context_for(std::string const& task) {
        auto const contexts = w_.db().exec(fmt::format(
            "select h.context from tasker.task_labels l join tasker.tasks h using (task_id) "
            "where l.name = 'tasker.hook_of' and l.value = '{}'",
            task));
        EXPECT_LE(contexts.size(), 1);
        return contexts.empty() ? nlohmann::json()
                                : nlohmann::json::parse(contexts[0][0].as<std::string>());
    }

    workflow_database w_;
    int templates_ = 0;
};

inline constexpr auto one_step = "  - {name: a, handler: {callable: h}}\n";

} // namespace tasker::sql::testing
