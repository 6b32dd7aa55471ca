#include "tasker/measure/processes.hpp"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
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

/// `read` of the process and of its children.
double sum_with_children(pid_t process, std::function<double(pid_t)> const& read) {
    double sum = read(process);
    for (auto const& entry : std::filesystem::directory_iterator{"/proc"}) {
        auto const name = entry.path().filename().string();
        pid_t number = 0;
        auto const [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (failure == std::errc{} && end == name.data() + name.size()) {
            auto const stat = read_stat(number);
            if (stat && stat->parent == process) {
                sum += read(number);
            }
        }
    }
    return sum;
}

/// The number in the line of a file in /proc that begins with the key; 0: there is none.
double number_in(pid_t process, char const* file, std::string_view key) {
    std::ifstream in{"/proc/" + std::to_string(process) + '/' + file};
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(key)) {
            return std::stod(line.substr(key.size()));
        }
    }
    return 0;
}

constexpr double mb_per_kib = 1'024 / 1e6;

} // namespace

double cpu_seconds(pid_t process) {
    return require_stat(process).cpu_s;
}

double cpu_seconds_with_children(pid_t process) {
    return sum_with_children(process, [process](pid_t each) {
        auto const stat = each == process ? std::optional{require_stat(each)} : read_stat(each);
        return stat ? stat->cpu_s : 0;
    });
}

double memory_with_children_mb(pid_t process) {
    return mb_per_kib * sum_with_children(process, [](pid_t each) {
               return number_in(each, "smaps_rollup", "Pss:");
           });
}

resident_memory memory_of(pid_t process) {
    resident_memory const out{.now_mb = mb_per_kib * number_in(process, "status", "VmRSS:"),
                              .peak_mb = mb_per_kib * number_in(process, "status", "VmHWM:"),
                              .threads =
                                  static_cast<int>(number_in(process, "status", "Threads:"))};
    if (out.now_mb == 0) {
        throw std::runtime_error{"process " + std::to_string(process) + " has ended"};
    }
    return out;
}

} // namespace tasker::measure
