#include "tasker/worker/program.hpp"

#include "tasker/base/version.hpp"
#include "tasker/config/ready_file.hpp"
#include "tasker/config/run_service.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <malloc.h>
#include <optional>

namespace tasker::worker {

namespace {

/// Arenas of malloc: enough to avoid contention between handlers, and few enough to save memory.
constexpr int malloc_arenas = 2;

int run(settings const& chosen, std::optional<std::filesystem::path> const& ready_file,
        std::function<void(worker&)> const& add_handlers) {
    worker w{chosen};
    add_handlers(w);
    auto const end = w.run_until_stopped({.ready = [&](std::string const& address) {
        if (ready_file) {
            config::write_ready_file(*ready_file, address).value();
        }
    }});
    if (end == ending::abandoned) {
        // Threads are still in handlers, so run no destructors.
        std::_Exit(static_cast<int>(end));
    }
    return static_cast<int>(end);
}

} // namespace

int run_program(int argc, char** argv, std::string_view name,
                std::function<void(worker&)> const& add_handlers) {
    mallopt(M_ARENA_MAX, malloc_arenas);
    setting_overrides overrides;
    std::optional<std::filesystem::path> ready_file;
    CLI::App app{std::string{name} + ": runs the steps of Tasker's workflows."};
    app.set_version_flag("--version", std::string{version()});
    app.add_option("--config", overrides.file, "Settings in TOML; see config/worker.toml")
        ->type_name("FILE");
    app.add_option("--database-url", overrides.database_url, "Instead of DATABASE_URL")
        ->type_name("URL");
    app.add_option("--listen", overrides.listen,
                   "IP:PORT of /health and /metrics; port 0 is any free port")
        ->type_name("HOST:PORT");
    app.add_option("--namespaces", overrides.namespaces, "Namespaces to serve, comma-separated")
        ->delimiter(',')
        ->type_name("NAME,...");
    app.add_option("--concurrency", overrides.concurrency, "Number of handlers that run at a time")
        ->type_name("N");
    app.add_option("--name", overrides.name, "Unique among workers; default: host name and process")
        ->type_name("NAME");
    app.add_option("--lease-seconds", overrides.lease_seconds,
                   "Lease time: how long a step waits for a silent worker")
        ->type_name("N");
    app.add_option("--ready-file", ready_file, "Write the address to this file once ready")
        ->type_name("PATH");
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& parsed) {
        return app.exit(parsed) == 0 ? EXIT_SUCCESS : config::usage_error;
    }
    static_assert(static_cast<int>(ending::failed) == EXIT_FAILURE);
    return config::run_service(name, load_settings(overrides), [&](settings const& chosen) {
        return run(chosen, ready_file, add_handlers);
    });
}

} // namespace tasker::worker
