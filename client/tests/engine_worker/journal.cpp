#include "journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace tasker::engine {

namespace {

/// Opened once for the process; -1 if there is no journal.
int journal_handle() {
    static int const handle = [] {
        char const* const path = std::getenv("TASKER_TEST_JOURNAL");
        return path == nullptr
                   ? -1
                   : ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    }();
    return handle;
}

std::string nanoseconds(deadline moment) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::nanoseconds>(moment.time_since_epoch()).count());
}

} // namespace

journal_entry::journal_entry(worker::step_context const& step) : step_{step} {}

journal_entry::~journal_entry() {
    std::string const line = step_.task().to_string() + ' ' + std::string{step_.name()} + ' ' +
                             std::to_string(step_.delivery()) + ' ' + nanoseconds(begin_) + ' ' +
                             nanoseconds(steady_clock::now()) + '\n';
    // One write to a file opened for appending: lines of several processes do not mix.
    [[maybe_unused]] auto const written = ::write(journal_handle(), line.data(), line.size());
}

} // namespace tasker::engine
