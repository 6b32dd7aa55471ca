#include "handlers.hpp"

#include "tasker/worker/program.hpp"

/// The benches' worker: the built-in handlers and those of handlers.hpp.
int main(int argc, char** argv) {
    return tasker::worker::run_program(
        argc, argv, "tasker-bench-worker",
        [](tasker::worker::worker& measured) { tasker::suites::add_handlers(measured); });
}
