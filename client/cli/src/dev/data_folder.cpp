#include "data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace tasker::cli {

namespace {

std::string holder_of(int lock) {
    std::array<char, 32> text{};
    auto const count = ::pread(lock, text.data(), text.size(), 0);
    std::string holder{text.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    return holder.empty() ? "another process" : "process " + holder;
}

error system_failure(std::string const& action) {
    return make_error(tasker::errc::unavailable,
                      action + ": " + std::generic_category().message(errno));
}

} // namespace

std::filesystem::path data_folder::default_path() {
    auto const* const data_home = std::getenv("XDG_DATA_HOME");
    if (data_home != nullptr && *data_home == '/') {
        return std::filesystem::path{data_home} / "tasker" / "dev";
    }
    auto const* const home = std::getenv("HOME");
    return std::filesystem::path{home != nullptr && *home == '/' ? home : "/var/tmp"} / ".local" /
           "share" / "tasker" / "dev";
}

result<data_folder> data_folder::claim(std::filesystem::path const& path) {
    std::error_code failed;
    auto const folder = std::filesystem::absolute(path).lexically_normal();
    std::filesystem::create_directories(folder / "logs", failed);
    if (failed) {
        return make_error(tasker::errc::unavailable,
                          "cannot make " + folder.string() + ": " + failed.message());
    }
    auto const name = folder / "lock";
    constexpr mode_t only_owner = 0600;
    int const lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, only_owner);
    if (lock < 0) {
        return system_failure("cannot open " + name.string());
    }
    data_folder claimed{folder, lock};
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        return make_error(tasker::errc::conflict,
                          "another \"tasker dev\" (" + holder_of(lock) + ") uses " +
                              folder.string() + "; stop it, or choose another folder with --data");
    }
    auto const pid = std::to_string(::getpid());
    if (::ftruncate(lock, 0) != 0 ||
        ::pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        return system_failure("cannot write " + name.string());
    }
    return claimed;
}

data_folder::data_folder(std::filesystem::path path, int lock) noexcept
    : path_{std::move(path)},
      lock_{lock} {}

data_folder::data_folder(data_folder&& other) noexcept
    : path_{std::move(other.path_)},
      lock_{std::exchange(other.lock_, -1)} {}

data_folder& data_folder::operator=(data_folder&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    return *this;
}

data_folder::~data_folder() {
    if (lock_ >= 0) {
        ::close(lock_);
    }
}

std::filesystem::path const& data_folder::path() const noexcept {
    return path_;
}

std::filesystem::path data_folder::cluster() const {
    return path_ / "postgresql";
}

std::filesystem::path data_folder::logs() const {
    return path_ / "logs";
}

} // namespace tasker::cli
