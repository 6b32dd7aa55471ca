#include "tasker/measure/engine.hpp"
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

cpu_times engine::cpu() {
    cpu_times out{.load = cpu_seconds(::getpid())};
    if (cluster_) {
        out.postgres = cpu_seconds_with_children(cluster_->server_pid());
    }
    if (orchestrator_) {
        out.orchestrator = cpu_seconds(orchestrator_->process().pid());
    }
    for (auto& each : workers_) {
        out.worker += cpu_seconds(each.process().pid());
    }
    return out;
}

std::vector<prerequisite> engine::check() const {
    std::vector<prerequisite> out;
    if (has_database()) {
        try {
            pqxx::connection session{server_dsn_};
            pqxx::nontransaction query{session};
            auto const version =
                query.exec("select current_setting('server_version')")[0][0].as<std::string>();
            out.push_back(
                {"PostgreSQL", true,
                 version + (cluster_ ? ", private, on a Unix socket" : ", by DATABASE_URL")});
        } catch (std::exception const& failure) {
            out.push_back({"PostgreSQL", false, failure.what()});
        }
    }
    if (is_private()) {
        for (auto const* each : {"tasker-orchestrator", "tasker-worker"}) {
            auto const program = testing::program_path(each);
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
    look("orchestrator", listens_on_);
    if (worker_listens_on_) {
        look("worker", *worker_listens_on_);
    }
    return out;
}

facts engine::describe() const {
    if (!has_database()) {
        return {{"engine",
                 "was running at " + listens_on_.host + ":" + std::to_string(listens_on_.port)}};
    }
    pqxx::connection session{server_dsn_};
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
            {"data",
             is_private() ? "an empty database for the suite" : "the database as it was found"}};
}

} // namespace tasker::measure
