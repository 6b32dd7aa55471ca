#include "exit_code.hpp"

#include "tasker/base/assert.hpp"

namespace tasker::cli {

exit_code exit_code_of(client::failure const& failed) noexcept {
    if (failed.code == client::errc::invalid_url) {
        return exit_code::usage;
    }
    if (failed.code == client::errc::refused) {
        return exit_code::refused;
    }
    if (failed.code == client::errc::timeout) {
        return exit_code::timed_out;
    }
    return exit_code::unreachable;
}

exit_code exit_code_of(model::task_state state) noexcept {
    TASKER_ASSERT(model::is_finished(state));
    return state == model::task_state::complete ? exit_code::ok : exit_code::failed;
}

} // namespace tasker::cli
