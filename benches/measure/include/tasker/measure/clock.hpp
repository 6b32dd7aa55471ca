#pragma once

#include "tasker/measure/allocations.hpp"

#include "tasker/base/time.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::measure {

/// Errors: throws std::runtime_error unless it holds.
inline void ensure(bool holds, std::string_view otherwise) {
    if (!holds) {
        throw std::runtime_error{std::string{otherwise}};
    }
}

inline double ms_since(deadline start) {
    return std::chrono::duration<double, std::milli>{steady_clock::now() - start}.count();
}

/// Its duration in ms.
template <class Function>
double timed_ms(Function&& what) {
    auto const start = steady_clock::now();
    what();
    return ms_since(start);
}

/// A duration and, if known, the CPU time of the server's process in it. Other load on the machine
/// makes a call wait, but hardly makes it work more.
struct timing {
    timing(double duration_ms, std::optional<double> server_ms = {}) // NOLINT(*-explicit-*)
        : ms{duration_ms},
          work_ms{server_ms} {}

    double ms;
    std::optional<double> work_ms;
    std::optional<allocations> made = {}; ///< by this process in the same time
};

/// Its duration, and the allocations in it.
template <class Function>
timing timed(Function&& what) {
    auto const before = allocated();
    timing out{timed_ms(what)};
    out.made = allocated() - before;
    return out;
}

/// The CPU time of another process of this machine.
class cpu_clock {
public:
    /// None if there is no PostgreSQL process with that number: the server is on another machine.
    static std::optional<cpu_clock> of_backend(pid_t process);

    /// In ms, once it is idle: a server's process works for a short time after its answer.
    double at_rest_ms() const;

private:
    struct closes {
        void operator()(std::FILE* file) const noexcept {
            std::fclose(file);
        }
    };
    using file_handle = std::unique_ptr<std::FILE, closes>;

    cpu_clock(clockid_t which, file_handle stat) noexcept : which_{which}, stat_{std::move(stat)} {}

    clockid_t which_;
    file_handle stat_; ///< /proc/<pid>/stat
};

} // namespace tasker::measure
