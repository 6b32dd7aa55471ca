#pragma once

#include <filesystem>

namespace tasker::testing {

/// A new folder in the system's temporary folder, removed with its contents.
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
