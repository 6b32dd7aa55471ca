#pragma once

#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tasker::sql::testing {

inline constexpr int retryable = 1;
inline constexpr int permanent = 2;
inline constexpr int wants_children = 3;
inline constexpr int finish = 4;
inline constexpr int fail_task = 5;
inline constexpr auto no = R"({"message": "no", "type": "refused"})";

/// A task whose run a handler ends.
class ended_task {
public:
    /// `steps`: see workflow_database::register_yaml.
    void create(std::string const& steps, std::string const& context = "{}") {
        id = w.create(w.register_yaml("t" + std::to_string(++templates_), steps), context);
        claim();
    }

    /// Leases what can run, by the names of the steps.
    void claim(int quantity = 100) {
        for (auto const& step : w.claim(quantity)) {
            held[step.name] = step;
        }
    }

    std::vector<finish_row> report(std::string const& step, int outcome,
                                   std::string const& payload = no) {
        return w.finish(held.at(step), payload, outcome, 0, 0);
    }

    int fire() {
        return w.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    /// "a complete, b skipped; complete".
    std::string states() {
        return w.db().value<std::string>(
            fmt::format("select string_agg(name || ' ' || state, ', ' order by step_no) || '; ' || "
                        "(select state from tasker.get_tasks(array['{0}'::uuid])) "
                        "from tasker.list_steps('{0}', null, -1, 1000)",
                        id));
    }

    std::string shown(std::string const& column) {
        return w.db().value<std::string>(
            fmt::format("select coalesce(({})::text, '') from tasker.get_tasks(array['{}'::uuid])",
                        column, id));
    }

    std::string items(std::string const& step) {
        return w.db().value<std::string>(
            fmt::format("select coalesce(string_agg(state, ' ' order by index), '') "
                        "from tasker.list_items('{}', '{}', null, -1, 1000)",
                        id, step));
    }

    /// Whatever is left of it that could still move: messages are dropped by a claim.
    int left() {
        w.expire_leases();
        w.claim();
        return w.messages() +
               w.db().value<int>("select (select count(*) from tasker.timers) + "
                                 "(select count(*) from tasker.signal_waits) + "
                                 "(select count(*) from tasker.step_progress) + "
                                 "(select sum(steps_active + steps_waiting) from tasker.tasks)");
    }

    workflow_database w;
    std::map<std::string, held_step> held;
    std::string id;

private:
    int templates_ = 0;
};

} // namespace tasker::sql::testing
