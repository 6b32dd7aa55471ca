#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace tasker::model {

/// The text of a file of the source tree, by its path from the top.
inline std::string read_source_file(std::filesystem::path const& path) {
    std::ifstream file{std::filesystem::path{TASKER_SOURCE_DIR} / path};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

} // namespace tasker::model
