#pragma once

#include "service.hpp"

#include "tasker/measure/engine.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tasker::measure {

constexpr char const* database_name = "tasker_bench";

inline deadline in(std::chrono::seconds duration) {
    return steady_clock::now() + duration;
}

/// Empty if it is not set.
std::string environment(char const* name);

struct engine::state {
    std::filesystem::path folder = {}; ///< empty: the engine was running already
    std::optional<private_postgres::private_cluster> cluster = {};
    std::filesystem::path config = {}; ///< a folder of settings; empty: the defaults
    std::string maintenance_dsn = {};  ///< of a server that is not ours
    std::string given_dsn = {};        ///< of services that ran already
    std::optional<service> orchestrator = {};
    std::optional<service> second_orchestrator = {};
    std::vector<service> workers = {};
    std::unique_ptr<pqxx::connection> database = {};
    address listens_on = {};
    std::optional<address> worker_listens_on = {};
    std::size_t workers_started = 0;
    std::vector<std::string> more_databases = {};
    bool has_made_databases = false;
    task_counts counted = {}; ///< of databases that were dropped

    state() = default;
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state();

    bool is_ours() const noexcept {
        return !folder.empty();
    }
    void require_private() const;

    service start_orchestrator(std::string name) const;
    void stop_orchestrators();
    void stop_services();

    std::string server_dsn() const;
    std::string dsn(std::string const& name = database_name) const;
    void drop_databases();
    task_counts count_tasks() const;
    /// Migrated; then `script` is run, if there is one.
    void create_database(std::string const& name, std::filesystem::path const& script) const;
};

} // namespace tasker::measure
