#pragma once

#include "retry_fixture.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tasker::sql::testing {

/// Dead letters: failed tasks that are no child tasks.
class DeadLetters : public Retry {
protected:
    /// Creates a task of a template with one step, which fails permanently.
    std::string fail(int id, std::string const& type = "t") {
        auto const task = w_.create(id);
        w_.finish(w_.claim().at(0), R"({"message": "no", "type": ")" + type + "\"}", 2);
        return task;
    }

    int plain(std::string const& name = "plain", std::string const& step = "a") {
        return w_.register_template(name, step);
    }

    /// Of all dead letters that the arguments name, the newest first.
    std::vector<std::string> list(std::string const& filters = "null, null, null, null, null, null",
                                  std::string const& more = ", 100") {
        std::vector<std::string> ids;
        for (auto const& row :
             w_.db().exec(fmt::format("select task_id from tasker.list_dead_letters({}{}) "
                                      "where task_id is not null",
                                      filters, more))) {
            ids.emplace_back(row[0].c_str());
        }
        return ids;
    }

    /// A column of the only dead letter, in text form; "" for null.
    std::string shown(std::string const& column) {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(({})::text, '') from tasker.list_dead_letters(null, null, "
                        "null, null, null, null, 100) where task_id is not null",
                        column));
    }

    /// Spends the budget of 100 tokens.
    void spend(held_step const& step) {
        w_.db().exec(fmt::format(
            "select tasker.store_progress(array['{}']::uuid[], '{{0}}', '{{{}}}', '{{1}}', "
            "'{{null}}', '{{null}}', '{{null}}', array['{{\"tokens\": 100}}'])",
            step.task_id, step.delivery));
    }

    /// "requeued" tasks: "t, t, the task is …": "t" for each task that was changed, or its problem.
    std::string act(std::string const& action, std::vector<std::string> const& tasks,
                    std::string const& more = "") {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(string_agg(coalesce(problem, 't'), ', '), '') from "
                        "tasker.requeue_or_discard('{}', array['{}']::uuid[]{})",
                        action, fmt::join(tasks, "','"), more));
    }

    /// What a call of erase_task returns, or the error.
    std::string erase(std::string const& task, std::string const& more = "") {
        try {
            return w_.db().value<std::string>(
                fmt::format("select tasker.erase_task('{}'{})", task, more));
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }

    int tasks() {
        return w_.db().value<int>("select count(*) from tasker.tasks");
    }
};

} // namespace tasker::sql::testing
