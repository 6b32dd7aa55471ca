#pragma once

#include <filesystem>

namespace tasker::testing {

/// A folder of one's own below the system's temporary folder, removed with what is in it.
class temporary_folder {
public:
    temporary_folder();
    temporary_folder(temporary_folder&& other) noexcept;
    temporary_folder& operator=(temporary_folder&& other) noexcept;
    ~temporary_folder();

    std::filesystem::path const& path() const noexcept {
        return path_;
    }
    std::filesystem::path operator/(std::filesystem::path const& name) const {
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

} // namespace tasker::testing
