#pragma once

#include "tasker/model/compiled_template.hpp"
#include "tasker/model/workflow_template.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"
#include "tasker/worker/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace tasker::worker {

/// A worker that runs on a separate thread until it is stopped or this is destroyed.
class running_worker {
public:
    running_worker(settings options, std::function<void(worker&)> const& add_handlers,
                   bool stops_on_signals = false)
        : worker_{std::make_unique<worker>(std::move(options))} {
        add_handlers(*worker_);
        auto const ready = std::make_shared<std::promise<void>>();
        auto is_ready = ready->get_future();
        thread_ = std::thread{[this, ready, stops_on_signals] {
            ending_ =
                worker_->run_until_stopped({.stops_on_signals = stops_on_signals,
                                            .ready = [this, ready](std::string const& address) {
                                                address_ = address;
                                                ready->set_value();
                                            }});
        }};
        if (is_ready.wait_until(testing::soon()) != std::future_status::ready) {
            stop();
            throw std::runtime_error{"the worker did not start in time"};
        }
    }

    running_worker(running_worker const&) = delete;
    running_worker& operator=(running_worker const&) = delete;

    ~running_worker() {
        stop();
    }

    void ask_to_stop() {
        worker_->stop();
    }

    /// Also waits for its end.
    ending stop() {
        if (thread_.joinable()) {
            worker_->stop();
            thread_.join();
        }
        return ending_;
    }

    ending wait_for_end() {
        thread_.join();
        return ending_;
    }

    /// The value of a line of /metrics, as in `tasker_worker_steps_total{outcome="success"}`.
    double metric(std::string const& series) const {
        auto const text = get("/metrics");
        auto const at = text.find('\n' + series + ' ');
        return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
    }

    bool is_ready() const {
        return get("/health/ready").starts_with("HTTP/1.1 200");
    }

private:
    std::string get(std::string_view path) const {
        namespace asio = boost::asio;
        asio::io_context io;
        asio::ip::tcp::socket socket{io};
        auto const port = std::stoi(address_.substr(address_.rfind(':') + 1));
        socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        asio::write(socket, asio::buffer("GET " + std::string{path} + " HTTP/1.0\r\n\r\n"));
        std::string text;
        boost::system::error_code end_of_stream;
        asio::read(socket, asio::dynamic_buffer(text), end_of_stream);
        return text;
    }

    std::unique_ptr<worker> worker_;
    std::thread thread_;
    std::string address_;
    ending ending_ = ending::failed;
};

/// A database for one test of a worker: templates in YAML, tasks, and their outcomes.
/// `Database` is testing::test_database or testing::own_cluster.
template <class Database>
class worked_database {
public:
    Database& db() {
        return database_;
    }

    void register_template(std::string const& yaml) {
        auto const parsed = model::parse_template_yaml(yaml);
        if (!parsed) {
            throw std::runtime_error{parsed.error().problems.front().problem};
        }
        auto const compiled = model::compile(*parsed, "default");
        pqxx::connection session{database_.dsn()};
        pqxx::work transaction{session};
        transaction.exec_params("select tasker.register_template($1, $2, $3, $4, $5, $6, $7, $8)",
                                compiled.name_space, compiled.name, compiled.version,
                                compiled.environment, compiled.hash, compiled.definition,
                                model::steps_json(compiled), compiled.result);
        transaction.commit();
    }

    /// Creates a task and returns its id.
    std::string create(std::string const& name, nlohmann::json const& context = {},
                       int priority = 2) {
        pqxx::connection session{database_.dsn()};
        pqxx::nontransaction outside{session};
        auto const json = context.is_null() ? "{}" : context.dump();
        auto const made = outside.exec_params1(
            "select tasker.create_task('default', $1, null, $2::json, $3)", name, json, priority);
        outside.exec("select tasker.flush_notifications()");
        return made[0].template as<std::string>();
    }

    settings options() const {
        settings chosen;
        chosen.database.url = database_.dsn();
        chosen.name = "tester";
        chosen.concurrency = 4;
        chosen.health.listen = "127.0.0.1:0";
        return chosen;
    }

    /// The step's row of list_steps as JSON.
    nlohmann::json step(std::string const& task, std::string const& name) {
        return nlohmann::json::parse(database_
                                         .exec("select to_json(s) from tasker.list_steps('" + task +
                                               "', '" + name + "', -1, 1) s")[0][0]
                                         .template as<std::string>());
    }

    /// The task's row of get_tasks as JSON.
    nlohmann::json task(std::string const& id) {
        return nlohmann::json::parse(
            database_
                .exec("select to_json(t) from tasker.get_tasks(array['" + id + "'::uuid]) t")[0][0]
                .template as<std::string>());
    }

private:
    Database database_;
};

/// A database of the shared server, where waits are notified of changes.
class WorkerDatabase : public ::testing::Test, public worked_database<testing::test_database> {
protected:
    bool wait_for_task(std::string const& id, std::string const& state) {
        return db().wait_until(testing::soon(), "select state = '" + state +
                                                    "' from tasker.tasks where task_id = '" + id +
                                                    "'");
    }

    bool wait_for_step(std::string const& task, std::string const& name, std::string const& state) {
        return db().wait_until(testing::soon(), "select state = '" + state +
                                                    "' from tasker.list_steps('" + task + "', '" +
                                                    name + "', -1, 1)");
    }

    /// Stops the database's clock (tasker.clock(), not PGMQ's) at so many milliseconds past an
    /// arbitrary moment.
    void set_clock(std::int64_t ms) {
        db().exec("create or replace function tasker.clock() returns timestamptz language sql "
                  "volatile parallel safe as $$ select timestamptz '2030-01-01 00:00:00Z' + " +
                  std::to_string(ms) + " * interval '1 ms' $$");
    }
};

} // namespace tasker::worker
