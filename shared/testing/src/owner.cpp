#include "tasker/testing/owner.hpp"

#include "tasker/testing/service.hpp"
#include "tasker/testing/wait.hpp"

#include <future>
#include <utility>

namespace tasker::testing {

namespace {

process::child_process start(std::string_view program, std::vector<std::string> args,
                             pid_t& owned) {
    std::promise<std::string> printed;
    process::child_options options{.argv = std::move(args)};
    options.argv.insert(options.argv.begin(), program_path(program));
    options.out = [&printed, is_first = true](std::string_view text) mutable {
        if (std::exchange(is_first, false)) {
            printed.set_value(std::string{text});
        }
    };
    auto child = process::child_process::start(options).value();
    owned = std::stoi(printed.get_future().get());
    return child;
}

} // namespace

owner::owner(std::string_view program, std::vector<std::string> args)
    : process_{start(program, std::move(args), owned_)} {}

void owner::kill() {
    process_.send(SIGKILL);
    process_.wait(soon()).value();
}

} // namespace tasker::testing
