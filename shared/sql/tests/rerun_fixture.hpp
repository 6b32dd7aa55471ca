#pragma once

#include "retry_fixture.hpp"

namespace tasker::sql::testing {

/// rerun_task. Handlers fail permanently while the test names their steps.
class Rerun : public Retry {
protected:
    static constexpr auto diamond = "  - {name: a, handler: {callable: h}}\n"
                                    "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                                    "  - {name: c, handler: {callable: h}, dependencies: [a]}\n"
                                    "  - {name: d, handler: {callable: h}, dependencies: [b, c]}\n";

    /// The new task, or the error. `more`: further arguments of rerun_task.
    std::string rerun(std::string const& task, std::string const& from,
                      std::string const& more = "") {
        try {
            return w_.db().value<std::string>(fmt::format(
                "select task_id from tasker.rerun_task('{}', '{}'{})", task, from, more));
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }
};

} // namespace tasker::sql::testing
