#pragma once

#include "tasker/worker/handler.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// The handlers of a worker by the names that templates use (`handler.callable`).
/// Threads: one thread fills it; afterwards all may read it.
class handler_registry {
public:
    static constexpr std::size_t max_name_length = 200;

    /// Errors: throws std::invalid_argument if the name is empty, too long or taken, or the
    /// function is empty.
    void add(std::string name, handler run);

    /// Null if there is none.
    handler const* find(std::string_view name) const noexcept;

    /// In alphabetical order.
    std::vector<std::string_view> names() const;

private:
    std::map<std::string, handler, std::less<>> handlers_;
};

} // namespace tasker::worker
