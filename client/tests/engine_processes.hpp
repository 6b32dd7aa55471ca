#pragma once

#include "engine_stage.hpp"

#include "tasker/client/client.hpp"
#include "tasker/testing/service.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/wait.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::engine {

using testing::soon;

/// One run of a handler of tasker-test-worker, in ns of the machine's steady clock.
struct journal_line {
    std::string task;
    std::string step;
    int delivery = 0;
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
};

/// The programs under test, on a database that outlives them: orchestrators, workers of the product
/// and workers of the tests, each in its own process; and the socket on which the latter report.
/// Errors: throws std::runtime_error.
class programs {
public:
    explicit programs(std::string dsn);

    /// Workers serve the namespace "default" and poll its queues every second.
    testing::service& start_orchestrator();
    testing::service& start_worker(std::vector<std::string> args = {});
    testing::service& start_test_worker(std::vector<std::string> args = {});

    /// A connection to an orchestrator, in the order of their start.
    client::client connect(std::size_t orchestrator = 0) const;
    std::string const& address(std::size_t orchestrator = 0) const;

    stage& on_stage() noexcept {
        return stage_;
    }

    /// What handlers of tasker-test-worker did so far.
    std::vector<journal_line> journal() const;

private:
    testing::service& start_any_worker(std::string_view program, std::vector<std::string> args);

    testing::temporary_folder folder_;
    stage stage_;
    std::string dsn_;
    std::vector<std::unique_ptr<testing::service>> orchestrators_;
    std::vector<std::unique_ptr<testing::service>> workers_;
};

/// Registers the template. Errors: throws if it is refused.
void register_template(client::client& at, std::string_view json);

/// Creates a task with this context and returns its id. Errors: throws.
task_id create_task(client::client& at, std::string_view name, std::string_view context = "{}");

/// Waits until it has finished. Errors: throws if it has not within 60 s.
wire::task_view wait_until_finished(client::client& at, task_id id);

/// The results of a task's leaves, or of a step, which must be numbers.
std::map<std::string, std::int64_t> numbers_in(wire::task_view const& task);

/// All steps by name. Errors: throws.
std::map<std::string, wire::step_view> steps_of(client::client& at, task_id id);

} // namespace tasker::engine
