#pragma once

#include "tasker/queue/tasks.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tasker::orchestration {

/// A backlog of ready steps that grew although workers are connected.
struct growing_backlog {
    std::string namespace_name;
    std::int64_t before = 0; ///< the least of the first span
    std::int64_t now = 0;    ///< the least of the last span
};

/// The lengths of the last minutes, for each namespace with workers. A backlog grows if the minimum
/// of each span is above that of the span before, and the last one is `least_growth` above the
/// first: a burst that workers drain again and again does not count. Threads: one.
class backlog_history {
public:
    static constexpr std::size_t samples_in_span = 6;
    static constexpr std::size_t spans = 5;
    static constexpr std::int64_t least_growth = 100;

    /// All namespaces with workers, at one moment. Those that are missing are forgotten.
    void add(std::vector<queue::backlog> const& sample);

    /// In order of their names.
    std::vector<growing_backlog> growing() const;

private:
    struct past {
        std::array<std::int64_t, samples_in_span * spans> lengths{}; ///< a ring
        std::size_t count = 0;                                       ///< of all samples
    };

    std::map<std::string, past, std::less<>> namespaces_;
};

} // namespace tasker::orchestration
