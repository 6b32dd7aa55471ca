#pragma once

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::sql::testing {

/// A step that a worker holds.
struct held_step {
    std::string queue;
    std::int64_t msg_id = 0;
    std::string task_id;
    int step_no = 0;
    int delivery = 0;
    std::string name;
    bool alone = false;
    std::string parents; ///< empty for a root, and when they are too large
    int parents_bytes = 0;
    std::string item; ///< empty unless it is an item of a map
};

/// The result of finish_steps, one entry for each row.
struct finish_row {
    std::string kind; ///< taken or refused
    std::string task_id;
    std::string name; ///< of a 'taken' row
    held_step step;   ///< of a 'taken' row
};

/// The function that accepts the report of a successful step: the one for sets, or the one for a
/// single step. They may differ only in speed.
enum class reporting { in_a_batch, alone };

/// For suites of tests that run with each of them.
inline auto const each_reporting = ::testing::Values(reporting::in_a_batch, reporting::alone);

inline std::string name_of_reporting(::testing::TestParamInfo<reporting> const& tested) {
    return tested.param == reporting::alone ? "Alone" : "InABatch";
}

/// A migrated database with the SQL functions of the core at hand, as the services call them.
/// Errors: pqxx::sql_error, as the server raised it.
class workflow_database {
public:
    explicit workflow_database(reporting mode = reporting::in_a_batch);

    tasker::testing::test_database& db() {
        return database_;
    }

    /// Registers a template from "a; b<a; c<a; d<b,c" (a step, `<`, its parents). `settings` is
    /// JSON that is merged over every step's, e.g. {"max_attempts": 1}. Returns its id.
    int register_template(std::string const& name, std::string_view steps,
                          std::string const& settings = "{}");

    /// Registers a template in YAML, without name and version: its steps, then its other keys.
    /// Returns its id.
    int register_yaml(std::string const& name, std::string const& steps);

    /// Creates a task of the template and returns its id.
    std::string create(int template_id, std::string const& context = "{}", int priority = 2);

    std::vector<held_step> claim(int quantity = 100, int lease_s = 30, int worker = 1,
                                 std::string const& queues = "{tasker_default}",
                                 int suspects = 100);

    /// The function that finish() uses from now on.
    void report(reporting mode) {
        mode_ = mode;
    }

    /// Stores that the handler of a held step has started.
    void start(held_step const& step);

    /// Returns a held step to the queue.
    void release(held_step const& step);

    /// Reports `step` with outcome 0 success, 1 retryable, 2 permanent failure, 3 child tasks, 4
    /// finish, 5 fail_task.
    std::vector<finish_row> finish(held_step const& step,
                                   std::optional<std::string> const& payload = "null",
                                   int outcome = 0, int take = 0,
                                   std::optional<int> retry_after_ms = std::nullopt);

    /// Claims and completes everything until nothing is left; returns the names in the order run.
    std::vector<std::string> run_all();

    std::string task_state(std::string const& task_id);
    /// Of the task as the API shows it, as JSON text; none when it is null.
    std::optional<int> result_size(std::string const& task_id);
    /// A column of the task, as the API shows it, in text form; "" for null.
    std::string of_task(std::string const& task_id, std::string const& column);
    /// A column of the step, as the API shows it, in text form; "" for null.
    std::string shown(std::string const& task_id, std::string const& name,
                      std::string const& column);
    /// pending when the step has no row.
    std::string step_state(std::string const& task_id, std::string const& name);
    int messages(std::string const& queue = "tasker_default");

    /// Moves the database's clock (tasker.clock(), not PGMQ's) by this much from now on.
    void move_clock(std::string const& interval);
    /// Makes every leased message of the queue visible, as if its lease had run out.
    void expire_leases(std::string const& queue = "tasker_default");

    int worker() const {
        return worker_;
    }

private:
    tasker::testing::test_database database_;
    reporting mode_;
    int worker_ = 0;
};

} // namespace tasker::sql::testing
