#include "tasker/base/version.hpp"
#include "tasker/config/ready_file.hpp"
#include "tasker/config/run_service.hpp"
#include "tasker/log/log.hpp"
#include "tasker/orchestration/service.hpp"
#include "tasker/orchestration/settings.hpp"
#include "tasker/pg/dsn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <CLI/CLI.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

namespace {

namespace asio = boost::asio;
using namespace tasker;
using namespace tasker::orchestration;

/// A shell's usual 1024 descriptors are fewer than max_connections needs; without a free one, not
/// even the database can be reached.
void make_room_for_connections(settings const& chosen) {
    constexpr std::int64_t others = 256; // refused clients, logs, libraries
    auto const wanted =
        static_cast<rlim_t>(chosen.http.max_connections + chosen.database.pool_size + others);
    rlimit allowed{};
    if (getrlimit(RLIMIT_NOFILE, &allowed) != 0 || allowed.rlim_cur >= wanted) {
        return;
    }
    allowed.rlim_cur = std::min(wanted, allowed.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &allowed) != 0 || allowed.rlim_cur < wanted) {
        log::warn("open_files_limited", {{"wanted", wanted}, {"allowed", allowed.rlim_cur}});
    }
}

int run(settings const& chosen, std::optional<std::filesystem::path> const& ready_file) {
    // One thread for all I/O, so its data needs no lock. To use more processors, start more
    // orchestrators.
    asio::io_context context{1};
    service orchestrator{context.get_executor(), chosen};
    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code failure, int signal) {
        if (!failure) {
            log::info("signal_received", {{"signal", signal}});
            orchestrator.stop();
        }
    });

    int exit_code = EXIT_SUCCESS;
    auto const listening = [&](std::string const& address) {
        if (ready_file) {
            config::write_ready_file(*ready_file, address).value();
        }
    };
    auto const ended = [&](std::exception_ptr thrown, result<void> const& outcome) {
        signals.cancel();
        if (thrown) {
            std::rethrow_exception(thrown);
        }
        if (!outcome && outcome.error().code == errc::cancelled) {
            log::info("stopped_before_ready");
        } else if (!outcome) {
            log::error("cannot_serve", {{"error", outcome.error()},
                                        {"database", pg::describe_dsn(chosen.database.url)}});
            exit_code = EXIT_FAILURE;
        }
    };
    asio::co_spawn(context, orchestrator.run_until_stopped(listening), ended);
    context.run();
    return exit_code;
}

} // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): where memory ends, or an option is declared twice
int main(int argc, char** argv) {
    setting_overrides overrides;
    std::optional<std::filesystem::path> ready_file;
    CLI::App app{"Tasker's orchestrator: the HTTP API and the timer of retries."};
    app.set_version_flag("--version", std::string{version()});
    app.add_option("--config", overrides.file, "Settings in TOML; see config/orchestrator.toml")
        ->type_name("FILE");
    app.add_option("--database-url", overrides.database_url, "Instead of DATABASE_URL")
        ->type_name("URL");
    app.add_option("--listen", overrides.listen, "host:port; port 0 is any free port")
        ->type_name("HOST:PORT");
    app.add_option("--env", overrides.environment, "Environment whose template overrides apply")
        ->type_name("NAME");
    app.add_option("--ready-file", ready_file,
                   "Write the listening address to this file once ready")
        ->type_name("PATH");
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& parsed) {
        return app.exit(parsed) == 0 ? EXIT_SUCCESS : config::usage_error;
    }
    return config::run_service("tasker-orchestrator", load_settings(overrides),
                               [&](settings const& chosen) {
                                   make_room_for_connections(chosen);
                                   return run(chosen, ready_file);
                               });
}
