#pragma once

#include "tasker/worker/worker.hpp"

#include <functional>
#include <string_view>

namespace tasker::worker {

/// The main() of a worker program:
///
///     int main(int argc, char** argv) {
///         return tasker::worker::run_program(argc, argv, "order-worker", [](auto& w) {
///             w.handle("order.validate", validate);
///         });
///     }
///
/// It accepts --config FILE, --database-url, --listen, --namespaces, --concurrency, --name,
/// --lease-seconds, --ready-file, --version and --help; settings and log come from load_settings().
/// Ends the process itself if handlers have to be abandoned.
/// Returns the exit code: that of `ending`, or 2 for a wrong command line or wrong settings.
int run_program(
    int argc, char** argv, std::string_view name,
    std::function<void(worker&)> const& add_handlers = [](worker&) {});

} // namespace tasker::worker
