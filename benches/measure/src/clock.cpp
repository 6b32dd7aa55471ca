#include "tasker/measure/clock.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace tasker::measure {

namespace {

/// A process that is still busy then is not about to become idle.
constexpr double longest_ms = 100;

/// Whether it sleeps. Only then its CPU time is exact.
bool is_at_rest(int stat) {
    std::array<char, 256> text{}; // "42 (postgres) S …"
    auto const size = ::pread(stat, text.data(), text.size(), 0);
    std::string_view const read{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    auto const end = read.rfind(") ");
    ensure(end != std::string_view::npos, "the server's process has ended");
    return read.substr(end + 2).starts_with('S');
}

double now_ms(clockid_t which) {
    timespec now{};
    ensure(::clock_gettime(which, &now) == 0, "the server's process has ended");
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

} // namespace

std::optional<cpu_clock> cpu_clock::of_backend(pid_t process) {
    auto const folder = "/proc/" + std::to_string(process);
    std::ifstream file{folder + "/cmdline"};
    std::string const title{std::istreambuf_iterator<char>{file}, {}};
    clockid_t which{};
    if (!title.starts_with("postgres:") || ::clock_getcpuclockid(process, &which) != 0) {
        return {};
    }
    file_handle stat{std::fopen((folder + "/stat").c_str(), "re")};
    if (stat == nullptr) {
        return {};
    }
    return cpu_clock{which, std::move(stat)};
}

double cpu_clock::at_rest_ms() const {
    auto const start = steady_clock::now();
    for (double last = -1; ms_since(start) < longest_ms; ::sched_yield()) {
        if (!is_at_rest(::fileno(stat_.get()))) {
            last = -1;
            continue;
        }
        double const next = now_ms(which_);
        if (next == last) {
            break;
        }
        last = next;
    }
    return now_ms(which_);
}

} // namespace tasker::measure
