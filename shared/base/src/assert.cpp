#include "tasker/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace tasker::detail {

void assertion_failed(char const* condition, char const* file, int line,
                      char const* function) noexcept {
    std::fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, function, condition);
    std::abort();
}

} // namespace tasker::detail
