// A worker with its own handlers, which compute the demo's report on this machine's packages.

#include "file_handlers.hpp"
#include "package_handlers.hpp"

#include "tasker/worker/program.hpp"

int main(int argc, char** argv) {
    return tasker::worker::run_program(argc, argv, "tasker-demo-worker", [](auto& worker) {
        worker.handle("packages.read", demo::read_packages)
            .handle("packages.by_section", demo::count_by_section)
            .handle("packages.largest", demo::find_largest)
            .handle("packages.most_depended_on", demo::find_most_depended_on)
            .handle("packages.report", demo::write_report)
            .handle("files.measure", demo::measure_files)
            .handle("files.add_up", demo::add_up_files)
            .handle("files.report", demo::report_files);
    });
}
