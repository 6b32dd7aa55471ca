#include "tasker/queue/names.hpp"

namespace tasker::queue {

std::string queue_name(std::string_view name_space, priority level) {
    std::string name = "tasker_";
    name += name_space;
    if (level != priority::normal) {
        name += "__p" + std::to_string(static_cast<int>(level));
    }
    return name;
}

} // namespace tasker::queue
