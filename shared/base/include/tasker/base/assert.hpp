#pragma once

namespace tasker::detail {

/// Prints the broken assertion to stderr and aborts.
[[noreturn]] void assertion_failed(char const* condition, char const* file, int line,
                                   char const* function) noexcept;

} // namespace tasker::detail

/// For what only a broken program can violate. Always on, in release builds too.
#define TASKER_ASSERT(condition)                                                                   \
    (static_cast<bool>(condition)                                                                  \
         ? static_cast<void>(0)                                                                    \
         : ::tasker::detail::assertion_failed(#condition, __FILE__, __LINE__, __func__))
