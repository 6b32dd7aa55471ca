#include "tasker/queue/names.hpp"

namespace tasker::queue {

std::string queue_name(std::string_view name_space, priority priority) {
    std::string name = "tasker_";
    name += name_space;
    if (priority != queue::priority::normal) {
        name += "__p" + std::to_string(static_cast<int>(priority));
    }
    return name;
}

} // namespace tasker::queue
