#pragma once

#include "running_service.hpp"
#include "tasker/testing/http_client.hpp"

#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

namespace tasker::orchestration {

using tasker::testing::http_client;
using tasker::testing::http_reply;
using tasker::testing::request_text;

/// A number that is valid JSON, but has more digits than PostgreSQL's jsonb holds. The database
/// reads a context as jsonb only if there is an idempotency key.
inline std::string number_beyond_jsonb() {
    return "0." + std::string(16'400, '7');
}

/// A database, an orchestrator on it, and a client of that.
class Api : public ::testing::Test {
protected:
    Api();
    explicit Api(void (*adjust)(settings&));

    /// A template of steps that depend each on the one before.
    /// `more`: further members of the template, ", \"input_schema\": {…}".
    http_reply register_chain(std::string_view name, std::string_view version = "1.0.0",
                              int steps = 2, std::string_view more = "");

    /// Creates a task; its id.
    std::string create(std::string_view name, std::string_view more = "");

    /// Claims and finishes steps, as a worker would, until none is ready. `outcome` as in
    /// finish_steps; `payload` is JSON.
    void finish_all(std::string_view outcome = "success", std::string_view payload = R"({"n": 1})");

    /// Claims and finishes the steps that are ready now, and sends the notifications.
    void finish_ready(std::string_view outcome);

    /// Sends the notifications of finish_all.
    void announce();

    tasker::testing::test_database database_;
    settings settings_;
    std::unique_ptr<running_service> service_;
    http_client client_;
};

} // namespace tasker::orchestration
