#pragma once

#include "exit_code.hpp"
#include "terminal.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tasker::cli {

struct dev_options {
    std::filesystem::path data; ///< empty: data_folder::default_path()
    std::optional<std::uint16_t> port;
    std::optional<std::uint16_t> worker_port;
    bool is_fresh = false;
    std::string worker_program;          ///< empty: tasker-worker beside this program
    std::filesystem::path worker_config; ///< empty: the worker's defaults
    int workers = 1;                     ///< 0: none
    std::string namespaces;              ///< empty: the worker's own default
    std::string database_url;            ///< empty: a private PostgreSQL
    std::filesystem::path ready_file;    ///< empty: none
    bool shows_logs = false;
    bool as_json = false;
};

/// Runs PostgreSQL, an orchestrator and workers until SIGINT or SIGTERM, and returns when all of
/// them have ended.
///
/// Threads: call it before the process has any other thread.
exit_code run_dev(dev_options const& options, terminal const& out);

} // namespace tasker::cli
