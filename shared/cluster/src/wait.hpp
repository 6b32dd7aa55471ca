#pragma once

#include "tasker/base/time.hpp"

#include <initializer_list>
#include <optional>

namespace tasker::cluster {

/// Milliseconds until then for poll(2), rounded up; 0 if it has passed.
int poll_timeout(deadline until) noexcept;

/// Waits until one of the descriptors is readable and returns it; none if the deadline passes.
std::optional<int> wait_readable(std::initializer_list<int> descriptors, deadline until);

} // namespace tasker::cluster
