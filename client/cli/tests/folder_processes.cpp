#include "folder_processes.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace tasker::cli {

std::vector<running_process> processes_of(std::filesystem::path const& folder) {
    std::vector<running_process> found;
    for (auto const& entry : std::filesystem::directory_iterator{"/proc"}) {
        auto const name = entry.path().filename().string();
        if (!std::all_of(name.begin(), name.end(),
                         [](char digit) { return std::isdigit(digit); })) {
            continue;
        }
        std::ifstream file{entry.path() / "cmdline"};
        std::string line{std::istreambuf_iterator<char>{file}, {}};
        std::replace(line.begin(), line.end(), '\0', ' ');
        if (line.find(folder.string()) != std::string::npos) {
            found.push_back({std::stoi(name), line});
        }
    }
    return found;
}

} // namespace tasker::cli
