#include "tasker/testing/http_client.hpp"

#include "tasker/process/child_process.hpp"
#include "tasker/testing/own_cluster.hpp"
#include "tasker/testing/service.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tasker::orchestration {
namespace {

using process::run_program;
using tasker::testing::http_client;
using tasker::testing::own_cluster;
using tasker::testing::program_path;
using tasker::testing::request_text;
using tasker::testing::soon;
using tasker::testing::test_database;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view program = "tasker-orchestrator";
constexpr std::string_view chain =
    R"({"name": "chain", "namespace_name": "default", "version": "1.0.0",
        "steps": [{"name": "a", "handler": {"callable": "h"}}]})";

process::completed run(std::vector<std::string> args, std::vector<std::string> env = {}) {
    args.insert(args.begin(), program_path(program).string());
    env.emplace_back("DATABASE_URL");
    return run_program({.argv = std::move(args), .env = std::move(env)}, soon()).value();
}

TEST(OrchestratorProgram, ShutsDownCleanlyOnTheFirstSignal) {
    for (int const signal : {SIGTERM, SIGINT}) {
        test_database database;
        tasker::testing::service orchestrator{program, {"--database-url", database.dsn()}};
        http_client client{orchestrator.address()};
        client.post("/v1/templates", chain);
        auto const id = client.post("/v1/tasks", R"({"name": "chain"})").json().at("task_id");
        client.send(request_text("GET", "/v1/tasks/" + id.get<std::string>() + "?wait=60"));
        http_client witness{orchestrator.address()};
        ASSERT_TRUE(tasker::testing::wait_until(soon(), [&] {
            return witness.get("/metrics").body.find("tasker_waiting_requests 1") !=
                   std::string::npos;
        }));
        orchestrator.process().send(signal);
        EXPECT_EQ(client.receive().status, 200U);
        auto const ended = orchestrator.process().wait(soon());
        ASSERT_TRUE(ended);
        EXPECT_TRUE(ended->is_success()) << orchestrator.log();
        EXPECT_THAT(orchestrator.log(), HasSubstr("listening"));
        EXPECT_THAT(orchestrator.log(), HasSubstr("stopped"));
    }
}

TEST(OrchestratorProgram, AcceptsMoreConnectionsThanTheShellsLimitOfDescriptors) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit const few{100, before.rlim_max};
    test_database database;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    tasker::testing::service orchestrator{program, {"--database-url", database.dsn()}};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    std::vector<std::unique_ptr<http_client>> clients;
    clients.reserve(200);
    for (int i = 0; i < 200; ++i) {
        clients.push_back(std::make_unique<http_client>(orchestrator.address()));
    }
    EXPECT_EQ(clients.back()->get("/health/ready").status, 200U);
}

TEST(OrchestratorProgram, ReportsEveryProblemOfItsSettings) {
    auto const path = std::filesystem::temp_directory_path() /
                      ("orchestrator-e2e-" + std::to_string(getpid()) + ".toml");
    std::ofstream{path} << "[http]\nlisen = \"x\"\nmax_body_bytes = \"big\"\n";
    auto const ended = run({"--config", path.string()});
    std::filesystem::remove(path);
    EXPECT_EQ(ended.status.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("lisen"));
    EXPECT_THAT(ended.err, HasSubstr("max_body_bytes"));
    EXPECT_THAT(ended.err, HasSubstr("database.url"));
}

TEST(OrchestratorProgram, RefusesUnknownOptionsAndListsItsOwn) {
    EXPECT_EQ(run({"--lisen", "x"}).status.code, 2);
    auto const help = run({"--help"});
    EXPECT_EQ(help.status.code, 0);
    EXPECT_THAT(help.out, HasSubstr("--ready-file"));
    EXPECT_EQ(run({"--version"}).status.code, 0);
}

TEST(OrchestratorProgram, NeverPrintsAPassword) {
    auto const path = std::filesystem::temp_directory_path() /
                      ("orchestrator-e2e-start-" + std::to_string(getpid()) + ".toml");
    std::ofstream{path} << "[database]\nstartup_timeout_ms = 300\n";
    auto const ended = run({"--config", path.string(), "--database-url",
                            "postgresql://user:hush@127.0.0.1:1/none", "--listen", "127.0.0.1:0"});
    std::filesystem::remove(path);
    EXPECT_EQ(ended.status.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("database_not_ready"));
    EXPECT_THAT(ended.err, HasSubstr("cannot_serve"));
    EXPECT_THAT(ended.err + ended.out, Not(HasSubstr("hush")));
}

TEST(OrchestratorProgram, StopsWithoutAnErrorWhileItWaitsForTheDatabase) {
    std::mutex guard;
    std::string output;
    auto child = process::child_process::start(
        {.argv = {program_path(program).string(), "--database-url", "host=/nowhere dbname=none",
                  "--listen", "127.0.0.1:0"},
         .err = std::function<void(std::string_view)>{[&](std::string_view piece) {
             std::lock_guard const lock{guard};
             output += piece;
         }}});
    ASSERT_TRUE(child.has_value());
    auto const has_logged = [&](std::string_view text) {
        std::lock_guard const lock{guard};
        return output.find(text) != std::string::npos;
    };
    ASSERT_TRUE(
        tasker::testing::wait_until(soon(), [&] { return has_logged("database_not_ready"); }));
    EXPECT_EQ(child->stop(soon()).code, 0);
    EXPECT_TRUE(has_logged("stopped_before_ready"));
    EXPECT_FALSE(has_logged(" error "));
}

TEST(OrchestratorProgram, CreationsSurviveACrashOfTheDatabase) {
    own_cluster server;
    tasker::testing::service orchestrator{program, {"--database-url", server.dsn()}};
    http_client{orchestrator.address()}.post("/v1/templates", chain);
    std::atomic<bool> enough = false;
    std::vector<int> confirmed(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < confirmed.size(); ++i) {
        threads.emplace_back([&, i] {
            http_client client{orchestrator.address()};
            while (!enough) {
                auto const reply = client.post("/v1/tasks", R"({"name": "chain"})");
                confirmed[i] += reply.status == 201 ? 1 : 0;
                EXPECT_TRUE(reply.status == 201 || reply.status == 503) << reply.body;
            }
        });
    }
    server.restart(private_postgres::shutdown::crash);
    EXPECT_TRUE(tasker::testing::wait_until(soon(), [&] {
        http_client client{orchestrator.address()};
        return client.post("/v1/tasks", R"({"name": "chain"})").status == 201;
    }));
    enough = true;
    int in_all = 1;
    for (std::size_t i = 0; i < threads.size(); ++i) {
        threads[i].join();
        in_all += confirmed[i];
    }
    auto const stored =
        server.exec("select count(*), count(distinct task_id) from tasker.tasks")[0];
    // A creation that got 503 may have succeeded; a confirmed one succeeded once.
    EXPECT_GE(stored[0].as<int>(), in_all);
    EXPECT_EQ(stored[0].as<int>(), stored[1].as<int>());
}

} // namespace
} // namespace tasker::orchestration
