#include "tasker/testing/temporary_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace tasker::testing {

temporary_folder::temporary_folder() {
    std::string name = std::filesystem::temp_directory_path() / "tasker-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error{errno, std::generic_category(), name};
    }
    path_ = name;
    // A server that root starts runs as another user, which must be able to enter.
    std::filesystem::permissions(path_, std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
}

temporary_folder::temporary_folder(temporary_folder&& other) noexcept
    : path_{std::exchange(other.path_, {})} {}

temporary_folder& temporary_folder::operator=(temporary_folder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}

temporary_folder::~temporary_folder() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

} // namespace tasker::testing
