#include "tasker/config/ready_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace tasker::config {

namespace {

constexpr mode_t readable_by_all = 0644;

/// Always closes the file.
bool write_and_close(int file, std::string_view text) {
    bool is_written = fchmod(file, readable_by_all) == 0;
    while (is_written && !text.empty()) {
        auto const bytes = ::write(file, text.data(), text.size());
        is_written = bytes > 0 || (bytes < 0 && errno == EINTR);
        text.remove_prefix(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    }
    return ::close(file) == 0 && is_written;
}

} // namespace

result<void> write_ready_file(std::filesystem::path const& path, std::string_view text) {
    auto unfinished = path.string() + ".XXXXXX";
    int const file = ::mkostemp(unfinished.data(), O_CLOEXEC);
    if (file >= 0) {
        if (write_and_close(file, std::string{text} + '\n') &&
            ::rename(unfinished.c_str(), path.c_str()) == 0) {
            return {};
        }
        int const why = errno;
        ::unlink(unfinished.c_str());
        errno = why;
    }
    return make_error(errc::unavailable, "cannot write " + path.string() + ": " +
                                             std::generic_category().message(errno));
}

} // namespace tasker::config
