#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tasker::cli {

struct running_process {
    pid_t pid;
    std::string command_line; ///< arguments separated by blanks
};

/// The processes whose command line names the folder.
std::vector<running_process> processes_of(std::filesystem::path const& folder);

} // namespace tasker::cli
