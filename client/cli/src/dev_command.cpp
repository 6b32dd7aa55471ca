#include "command_line.hpp"

#include "dev/data_folder.hpp"
#include "dev/dev.hpp"
#include "report.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tasker::cli {

namespace {

constexpr int highest_port = 65'535;

/// The path of a program, or a Python file; other names are searched for in PATH.
bool is_file(std::string const& worker_program) {
    return worker_program.find('/') != std::string::npos || worker_program.ends_with(".py");
}

exit_code dev(command_line const& line, dev_options options) {
    if (options.is_fresh && !options.database_url.empty()) {
        return report_usage("--fresh deletes the private PostgreSQL's data; it cannot be used with "
                            "--database-url");
    }
    if (is_file(options.worker_program) && !std::filesystem::exists(options.worker_program)) {
        return report_usage("--worker-program " + options.worker_program + ": no such file");
    }
    options.as_json = line.wants_json();
    return run_dev(options, line.out());
}

} // namespace

void add_dev_command(command_line& line) {
    auto const options = std::make_shared<dev_options>();
    auto const has_no_worker = std::make_shared<bool>(false);
    auto& added = line.add_command(
        line.root(), "dev", "Run PostgreSQL, an orchestrator and a worker on this machine",
        "tasker dev --data ./data --port 9000", [&line, options, has_no_worker] {
            auto chosen = *options;
            chosen.workers = *has_no_worker ? 0 : chosen.workers;
            return dev(line, chosen);
        });
    added.get_option("--json")->description("Print the addresses as one JSON object");
    added
        .add_option("--data", options->data,
                    "Folder for data and logs (default: " + data_folder::default_path().string() +
                        ")")
        ->type_name("DIR");
    added
        .add_option("--port", options->port,
                    "Port of the API (default: 8080 or the next free port); 0 is any free port")
        ->type_name("PORT")
        ->check(CLI::Range(0, highest_port).description(""));
    added
        .add_option("--worker-port", options->worker_port,
                    "Port of the first worker's health and metrics (default: 8081 or the next free "
                    "port); the others use any free port")
        ->type_name("PORT")
        ->check(CLI::Range(0, highest_port).description(""));
    added.add_flag("--fresh", options->is_fresh, "Delete existing data first");
    constexpr int most_workers = 64;
    added.add_option("--workers", options->workers, "Number of worker processes")
        ->type_name("N")
        ->check(CLI::Range(0, most_workers).description(""))
        ->capture_default_str();
    added.add_flag("--no-worker", *has_no_worker, "Start no worker; run your own");
    added
        .add_option("--worker-program", options->worker_program,
                    "A worker with your own handlers: a program, or a Python file "
                    "(default: tasker-worker)")
        ->type_name("FILE");
    added
        .add_option("--worker-config", options->worker_config,
                    "Settings of the workers in TOML; see config/worker.toml")
        ->type_name("FILE")
        ->check(CLI::ExistingFile.description(""));
    added
        .add_option("--namespaces", options->namespaces,
                    "Namespaces the workers serve, comma-separated")
        ->type_name("NS,NS");
    added
        .add_option("--database-url", options->database_url,
                    "Use this PostgreSQL instead of a private one")
        ->type_name("DSN");
    added
        .add_option("--ready-file", options->ready_file,
                    "Write the API's URL to this file once everything runs")
        ->type_name("FILE");
    added.add_flag("--logs", options->shows_logs, "Also show the services' logs here");
}

} // namespace tasker::cli
