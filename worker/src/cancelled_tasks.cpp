#include "cancelled_tasks.hpp"

namespace tasker::worker {

void cancelled_tasks::add(std::string_view names) {
    while (!names.empty()) {
        auto const comma = names.find(',');
        auto const name = names.substr(0, comma);
        names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
        if (auto const task = task_id::parse(name)) {
            tasks_.insert(*task);
        }
        all_ = all_ || name == "*" || tasks_.size() > max_tasks;
    }
    if (all_) {
        tasks_.clear();
    }
}

} // namespace tasker::worker
