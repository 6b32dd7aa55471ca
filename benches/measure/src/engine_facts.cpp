#include "engine_state.hpp"

#include "tasker/measure/processes.hpp"

#include <fmt/core.h>

#include <unistd.h>

#include <exception>

namespace tasker::measure {

namespace fs = std::filesystem;

cpu_times cpu_times::operator-(cpu_times const& earlier) const noexcept {
    return {.postgres = postgres - earlier.postgres,
            .orchestrator = orchestrator - earlier.orchestrator,
            .worker = worker - earlier.worker,
            .load = load - earlier.load};
}

cpu_times engine::cpu() const {
    cpu_times out{.load = cpu_seconds(::getpid())};
    if (state_->cluster) {
        out.postgres = cpu_seconds_with_children(state_->cluster->server_pid());
    }
    if (state_->orchestrator) {
        out.orchestrator = cpu_seconds(state_->orchestrator->process.pid());
    }
    for (auto const& each : state_->workers) {
        out.worker += cpu_seconds(each.process.pid());
    }
    return out;
}

std::vector<prerequisite> engine::check() const {
    std::vector<prerequisite> out;
    if (has_database()) {
        try {
            pqxx::connection session{state_->is_ours() ? state_->server_dsn() : dsn()};
            pqxx::nontransaction query{session};
            auto const version =
                query.exec("select current_setting('server_version')")[0][0].as<std::string>();
            out.push_back({"PostgreSQL", true,
                           version + (state_->cluster ? ", private, on a Unix socket"
                                                      : ", by DATABASE_URL")});
        } catch (std::exception const& failure) {
            out.push_back({"PostgreSQL", false, failure.what()});
        }
    }
    if (state_->is_ours()) {
        for (auto const* each : {"tasker-orchestrator", "tasker-worker"}) {
            auto const program = program_folder() / each;
            out.push_back({each, fs::exists(program), program.string()});
        }
        return out;
    }
    bool const skips = !environment("TASKER_TEST_SKIP_HEALTH_CHECK").empty();
    auto const look = [&](char const* what, address const& at) {
        auto detail = "http://" + at.host + ":" + std::to_string(at.port);
        if (skips) {
            return out.push_back({what, true, detail + " (not asked)"});
        }
        try {
            http_connection connection{at};
            connection.expect(200, make_request("GET", "/health/ready"));
            out.push_back({what, true, detail});
        } catch (std::exception const& failure) {
            out.push_back({what, false, detail + ": " + failure.what()});
        }
    };
    look("orchestrator", state_->listens_on);
    if (state_->worker_listens_on) {
        look("worker", *state_->worker_listens_on);
    }
    return out;
}

facts engine::describe() const {
    if (!has_database()) {
        return {{"engine", "was running at " + state_->listens_on.host + ":" +
                               std::to_string(state_->listens_on.port)}};
    }
    pqxx::connection session{state_->is_ours() ? state_->server_dsn() : dsn()};
    pqxx::nontransaction query{session};
    auto const show = [&](std::string const& name) {
        return query.exec("select current_setting('" + name + "')")[0][0].as<std::string>();
    };
    std::string durability;
    for (auto const* name :
         {"fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"}) {
        durability += fmt::format("{}{}={}", durability.empty() ? "" : " ", name, show(name));
    }
    return {{"PostgreSQL", show("server_version") + ", shared_buffers=" + show("shared_buffers")},
            {"durability", durability},
            {"data", state_->is_ours() ? "an empty database for the suite"
                                       : "the database as it was found"}};
}

} // namespace tasker::measure
