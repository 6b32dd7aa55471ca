#pragma once

#include "tasker/base/ids.hpp"

#include <chrono>

namespace tasker::worker {

/// Who we are for the database, and for how long we lease.
struct identity {
    worker_id id;
    std::chrono::seconds lease;
};

} // namespace tasker::worker
