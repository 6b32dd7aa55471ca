#include "dev.hpp"

#include "dev_environment.hpp"
#include "report.hpp"
#include "stop_signals.hpp"
#include "tasker/config/ready_file.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

namespace tasker::cli {

namespace {

exit_code fail(error const& problem) {
    fmt::print(stderr, "tasker dev: {}\n", problem.message);
    return exit_code::failed;
}

} // namespace

exit_code run_dev(dev_options const& options, terminal const& out) {
    std::signal(SIGPIPE, SIG_IGN); // a closed terminal must not leave child processes running
    stop_signals signals;
    auto folder =
        data_folder::claim(options.data.empty() ? data_folder::default_path() : options.data);
    if (folder.has_error()) {
        return fail(folder.error());
    }
    dev_environment environment{options, std::move(*folder), signals};
    auto started = environment.start();
    if (started.has_value()) {
        print(options.as_json ? environment.as_json() : environment.as_text(out));
        std::fflush(stdout);
        if (!options.ready_file.empty()) {
            started = config::write_ready_file(options.ready_file, environment.url());
        }
    }
    auto const ended = started.has_value() ? environment.run_until_stopped() : started;
    environment.stop();
    // A stop during the start is not a failure.
    if (ended.has_error() && ended.error().code != tasker::errc::cancelled) {
        return fail(ended.error());
    }
    return exit_code::ok;
}

} // namespace tasker::cli
