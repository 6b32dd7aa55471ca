#pragma once

#include "tasker/base/ids.hpp"

#include <cstddef>
#include <string_view>
#include <unordered_set>

namespace tasker::worker {

/// Tasks that others have cancelled, as notifications name them.
class cancelled_tasks {
public:
    /// Beyond, only that there were many is kept: then contains() is true for every task.
    static constexpr std::size_t max_tasks = 10'000;

    /// Adds ids, comma-separated, or all tasks ("*"). A text that is no id is ignored: a lost
    /// notification only delays the cancellation.
    void add(std::string_view names);

    bool empty() const noexcept {
        return !all_ && tasks_.empty();
    }

    bool contains(task_id const& task) const {
        return all_ || tasks_.contains(task);
    }

private:
    bool all_ = false;
    std::unordered_set<task_id> tasks_;
};

} // namespace tasker::worker
