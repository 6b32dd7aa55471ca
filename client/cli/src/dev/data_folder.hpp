#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>

namespace tasker::cli {

/// Where `tasker dev` keeps what it makes, of which it lets no second one in.
///
/// Lifetime: the folder is free for others once this is destroyed, or the process has ended.
class data_folder {
public:
    /// $XDG_DATA_HOME/tasker/dev, by default ~/.local/share/tasker/dev: the same from everywhere.
    static std::filesystem::path default_path();

    /// Makes it if need be.
    /// Errors: errc::conflict, naming the process that has it; errc::unavailable.
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
