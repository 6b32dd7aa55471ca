#include "tasker/measure/processes.hpp"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace tasker::measure {

namespace {

struct process_stat {
    pid_t parent;
    double cpu_s;
};

std::optional<process_stat> read_stat(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
    std::string const text{std::istreambuf_iterator<char>{file}, {}};
    // The name, in parentheses, may contain any characters: count the fields after it (proc(5)).
    auto const name_end = text.rfind(')');
    if (name_end == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields{text.substr(name_end + 1)};
    std::string state;
    pid_t parent = 0;
    fields >> state >> parent;
    for (int skipped = 0; skipped < 9; ++skipped) {
        fields >> state;
    }
    double ticks = 0;
    for (int i = 0; i < 4; ++i) { // utime, stime, cutime, cstime
        double part = 0;
        fields >> part;
        ticks += part;
    }
    return process_stat{.parent = parent,
                        .cpu_s = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK))};
}

process_stat require_stat(pid_t process) {
    auto const stat = read_stat(process);
    if (!stat) {
        throw std::runtime_error{"process " + std::to_string(process) + " has ended"};
    }
    return *stat;
}

} // namespace

double cpu_seconds(pid_t process) {
    return require_stat(process).cpu_s;
}

double cpu_seconds_with_children(pid_t process) {
    double sum = require_stat(process).cpu_s;
    for (auto const& entry : std::filesystem::directory_iterator{"/proc"}) {
        auto const name = entry.path().filename().string();
        pid_t number = 0;
        auto const [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (failure == std::errc{} && end == name.data() + name.size()) {
            auto const stat = read_stat(number);
            if (stat && stat->parent == process) {
                sum += stat->cpu_s;
            }
        }
    }
    return sum;
}

resident_memory memory_of(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/status"};
    resident_memory out{};
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields{line};
        std::string name;
        double kibibytes = 0;
        fields >> name >> kibibytes;
        if (name == "VmRSS:") {
            out.now_mb = kibibytes * 1'024 / 1e6;
        } else if (name == "VmHWM:") {
            out.peak_mb = kibibytes * 1'024 / 1e6;
        }
    }
    if (out.now_mb == 0) {
        throw std::runtime_error{"process " + std::to_string(process) + " has ended"};
    }
    return out;
}

std::filesystem::path program_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

} // namespace tasker::measure
