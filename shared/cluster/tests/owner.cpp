#include "owner.hpp"

#include <filesystem>
#include <future>

namespace tasker::cluster {

owner::owner(std::optional<std::string> folder) {
    std::promise<std::string> first_output;
    child_options options{.argv = {std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                                   "cluster_test_owner"}};
    if (folder) {
        options.argv.push_back(*folder);
    }
    options.out = [&first_output, is_first = true](std::string_view text) mutable {
        if (std::exchange(is_first, false)) {
            first_output.set_value(std::string{text});
        }
    };
    process_ = child_process::start(std::move(options)).value();
    owned_ = std::stoi(first_output.get_future().get());
}

void owner::kill() {
    process_->send(SIGKILL);
    process_->wait(deadline::max()).value();
}

} // namespace tasker::cluster
