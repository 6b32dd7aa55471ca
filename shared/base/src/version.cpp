#include "tasker/base/version.hpp"

namespace tasker {

std::string_view version() noexcept {
    return TASKER_VERSION;
}

} // namespace tasker
