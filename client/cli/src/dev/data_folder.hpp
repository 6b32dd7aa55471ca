#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>

namespace tasker::cli {

/// The data folder of `tasker dev`. It is locked, so that only one `tasker dev` uses it.
///
/// Lifetime: the folder is unlocked when this is destroyed or the process ends.
class data_folder {
public:
    /// $XDG_DATA_HOME/tasker/dev, by default ~/.local/share/tasker/dev. It does not depend on the
    /// working directory.
    static std::filesystem::path default_path();

    /// Creates and locks the folder.
    /// Errors: errc::conflict, naming the process that holds the lock; errc::unavailable.
    static result<data_folder> claim(std::filesystem::path const& path);

    data_folder(data_folder&& other) noexcept;
    data_folder& operator=(data_folder&& other) noexcept;
    ~data_folder();

    std::filesystem::path const& path() const noexcept;
    std::filesystem::path cluster() const;
    std::filesystem::path logs() const;

private:
    data_folder(std::filesystem::path path, int lock) noexcept;

    std::filesystem::path path_;
    int lock_;
};

} // namespace tasker::cli
