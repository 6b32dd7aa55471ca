#pragma once

#include "tasker/base/ids.hpp"

#include <chrono>

namespace tasker::worker {

/// The worker's identity in the database, and the length of its leases. See registration::self().
struct identity {
    worker_id id;
    std::chrono::seconds lease;
};

} // namespace tasker::worker
