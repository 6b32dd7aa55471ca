#pragma once

#include "tasker/measure/engine.hpp"
#include "tasker/measure/shapes.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Tasks that are created and awaited. Errors: throws std::exception, if a count is wrong as well.

namespace tasker::measure {

/// Creates exactly this many tasks through the batch route, over two connections.
void create_backlog(engine& on, shape const& of, std::size_t tasks,
                    std::size_t batch_size = 10'000);

/// The same through POST /v1/tasks.
loop_result create_singly(engine& on, shape const& of, std::size_t tasks, int connections = 32);

/// Returns when all tasks of the database are complete, and checks that they are `tasks`.
void wait_until_drained(engine& on, std::size_t tasks);

/// The same. Returns the seconds from the first start of a handler, by the database's stamp, to the
/// moment when the last commit was seen. Needs a database on this machine.
double seconds_to_drain(engine& on, std::size_t tasks);

/// The id in the answer to a creation.
std::string task_id_in(std::string const& task);

struct task_times {
    double created_ms;   ///< until the creation was acknowledged
    double completed_ms; ///< until the answer of GET ?wait, both since the creation was sent
};

/// Creates a task and waits until all its steps are complete. `result`: text that the completed
/// task must contain. `awaits`: the connection that waits, if it is another one.
task_times run_task(http_connection& connection, std::string const& creation, std::size_t steps,
                    std::string_view result = {}, http_connection* awaits = nullptr);

} // namespace tasker::measure
