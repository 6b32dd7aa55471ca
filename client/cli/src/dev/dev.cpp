#include "dev.hpp"

#include "dev_environment.hpp"
#include "report.hpp"
#include "stop_signals.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>

namespace tasker::cli {

namespace {

exit_code fail(error const& problem) {
    fmt::print(stderr, "tasker dev: {}\n", problem.message);
    return exit_code::not_well;
}

/// Atomically, so that a reader never sees half of it.
result<void> write_ready_file(std::filesystem::path const& file, std::string const& url) {
    auto const unfinished = file.string() + ".new";
    std::error_code failed;
    std::ofstream{unfinished} << url << '\n';
    std::filesystem::rename(unfinished, file, failed);
    if (failed) {
        return make_error(tasker::errc::unavailable,
                          "cannot write " + file.string() + ": " + failed.message());
    }
    return {};
}

} // namespace

exit_code run_dev(dev_options const& options, terminal const& out) {
    std::signal(SIGPIPE, SIG_IGN); // a closed terminal is not a reason to leave children behind
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
            started = write_ready_file(options.ready_file, environment.url());
        }
    }
    auto const ended = started.has_value() ? environment.run_until_stopped() : started;
    environment.stop();
    // To be stopped while starting is no failure either.
    if (ended.has_error() && ended.error().code != tasker::errc::cancelled) {
        return fail(ended.error());
    }
    return exit_code::ok;
}

} // namespace tasker::cli
