#pragma once

#include "retry_fixture.hpp"

#include <fmt/format.h>

#include <string>

namespace tasker::sql::testing {

/// resolve_step.
class Resolve : public Retry {
protected:
    /// "t", "f", or the error. `how`: the arguments behind the step.
    std::string resolve(std::string const& task, std::string const& step,
                        std::string const& how = R"('"x"')") {
        try {
            return w_.db().value<std::string>(
                fmt::format("select tasker.resolve_step('{}', '{}', {})", task, step, how));
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }

    /// "steps_active, steps_waiting, steps_failed"
    std::string counts(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select concat_ws(', ', steps_active, steps_waiting, steps_failed) "
                        "from tasker.tasks where task_id = '{}'",
                        task));
    }

    int timers() {
        return w_.db().value<int>("select count(*) from tasker.timers");
    }

    static constexpr auto skip = "p_skip => true";
};

} // namespace tasker::sql::testing
