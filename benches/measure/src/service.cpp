#include "service.hpp"

#include "tasker/base/time.hpp"
#include "tasker/measure/processes.hpp"
#include "tasker/measure/shapes.hpp"

#include <poll.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tasker::measure {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_limit{60};

std::string read_file(fs::path const& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string last_part(std::string const& text) {
    constexpr std::size_t shown = 2'000;
    return text.size() <= shown ? text : text.substr(text.size() - shown);
}

} // namespace

service start_service(service_options const& options) {
    auto const log = options.folder / (options.name + ".log");
    auto const ready = options.folder / (options.name + ".ready");
    fs::remove(ready);
    std::vector<std::string> argv{(program_folder() / options.program).string(), "--listen",
                                  "127.0.0.1:0", "--ready-file", ready.string()};
    argv.insert(argv.end(), options.arguments.begin(), options.arguments.end());
    std::vector<std::string> env{"DATABASE_URL=" + options.dsn,
                                 "TASKER_NAMESPACES=" + std::string{bench_namespace}};
    // The first worker with its handlers, and the orchestrator.
    char const* const profile = std::getenv("TASKER_BENCH_HEAP_PROFILE");
    if (profile != nullptr &&
        (options.name == "worker-1" || options.name == "tasker-orchestrator")) {
        env.emplace_back("LD_PRELOAD=/usr/lib/heaptrack/libheaptrack_preload.so");
        env.push_back("DUMP_HEAPTRACK_OUTPUT=" + std::string{profile} + '.' + options.name);
    }
    auto process = process::child_process::start(
                       {.argv = std::move(argv), .env = std::move(env), .out = log, .err = log})
                       .value();
    auto const until = steady_clock::now() + start_limit;
    while (!fs::exists(ready)) {
        pollfd ended{.fd = process.native_handle(), .events = POLLIN, .revents = 0};
        constexpr int check_interval_ms = 5;
        ::poll(&ended, 1, check_interval_ms);
        if (process.poll() || steady_clock::now() > until) {
            throw std::runtime_error{options.program + " did not start:\n" +
                                     last_part(read_file(log))};
        }
    }
    auto const text = read_file(ready);
    return {std::move(process), parse_address(text.substr(0, text.find('\n')))};
}

} // namespace tasker::measure
