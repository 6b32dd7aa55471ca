#pragma once

#include "tasker/measure/http.hpp"

#include "tasker/process/child_process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tasker::measure {

/// One of Tasker's programs, started by this one.
struct service {
    process::child_process process;
    address listens_on;
};

struct service_options {
    std::string program; ///< beside this one
    std::string name;    ///< of its log and its ready file
    std::string dsn;
    std::filesystem::path folder; ///< for both
    std::vector<std::string> arguments = {};
};

/// Returns when it listens. Errors: throws std::runtime_error with the end of its log.
service start_service(service_options const& options);

} // namespace tasker::measure
