#pragma once

#include <cstdint>

namespace tasker::measure {

/// Calls of malloc and its relatives, operator new included, by libraries as well.
struct allocations {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0; ///< requested

    allocations operator-(allocations const& earlier) const noexcept {
        return {count - earlier.count, bytes - earlier.bytes};
    }
};

/// By all threads of this process so far. Always zero in a build with a sanitizer, which has a
/// malloc already. Threads: any.
allocations allocated() noexcept;

} // namespace tasker::measure
