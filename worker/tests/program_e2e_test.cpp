#include "worked_database.hpp"

#include "tasker/process/descriptor.hpp"

#include "tasker/testing/service.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tasker::worker {
namespace {

TEST(WorkerProgram, ASecondSignalDuringItsExitDoesNotPreventIt) {
    testing::test_database database;
    for (int round = 0; round < 30; ++round) {
        testing::service worker{"tasker-worker", {"--database-url", database.dsn()}};
        worker.process().send(SIGTERM);
        auto const second = steady_clock::now() + round * std::chrono::microseconds{40};
        while (steady_clock::now() < second) {
        }
        worker.process().send(SIGTERM);
        auto const ended = worker.process().wait(steady_clock::now() + std::chrono::seconds{10});
        ASSERT_TRUE(ended) << "round " << round << ":\n" << worker.log();
    }
}

TEST(WorkerProgram, ItsShellCommandEndsWhenTheWorkerIsKilled) {
    worked_database<testing::test_database> database;
    testing::temporary_folder const folder;
    auto const pid_file = folder / "pid";
    database.register_template("name: endless\nversion: 1.0.0\nsteps:\n"
                               "  - name: s\n    handler:\n      callable: tasker.shell\n"
                               "      initialization:\n        command: \"echo $$ > " +
                               pid_file.string() + ".new; mv " + pid_file.string() + ".new " +
                               pid_file.string() + "; exec sleep 1000\"\n");
    std::ofstream{folder / "worker.toml"} << "[shell]\nenabled = true\n";
    testing::service worker{
        "tasker-worker",
        {"--database-url", database.db().dsn(), "--config", folder / "worker.toml"}};
    database.create("endless");
    ASSERT_TRUE(
        testing::wait_until(testing::soon(), [&] { return std::filesystem::exists(pid_file); }));
    pid_t pid = 0;
    std::ifstream{pid_file} >> pid;
    auto const command = process::open_process(pid);
    ASSERT_TRUE(command.is_open());

    worker.kill();
    EXPECT_TRUE(process::wait_readable({command.number()}, testing::soon()));
}

TEST(WorkerProgram, AMapOutlivesAWorkerThatIsKilled) {
    worked_database<testing::test_database> database;
    database.register_template("name: map\nversion: 1.0.0\nsteps:\n"
                               "  - name: each\n    map: {over: $context.l, max_parallel: 40}\n"
                               "    handler: {callable: tasker.sleep, "
                               "initialization: {ms: 5}}\n");
    testing::temporary_folder const folder;
    auto const options = [&](std::string const& name) {
        auto const file = folder / (name + ".toml");
        std::ofstream{file} << "name = \"" << name << "\"\nlease_seconds = 3\n";
        return std::vector<std::string>{"--database-url", database.db().dsn(), "--config", file};
    };
    auto const task = database.create("map", {{"l", std::vector<int>(300, 7)}});
    {
        testing::service first{"tasker-worker", options("first")};
        ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
            return database.db().value<bool>(
                "select coalesce(max(items_complete) between 20 and 250, false) from tasker.maps");
        }));
        first.kill();
    }
    testing::service second{"tasker-worker", options("second")};
    ASSERT_TRUE(database.db().wait_until(
        testing::soon(),
        "select state = 'complete' from tasker.tasks where task_id = '" + task + "'"));
    EXPECT_EQ(database.step(task, "each")["result"].size(), 300U);
    EXPECT_EQ(database.db().value<int>("select items_complete from tasker.maps"), 300);
    EXPECT_EQ(
        database.db().value<int>(
            "select count(*) from tasker.steps where step_no >= 10000 and state = 'complete'"),
        300);
}

} // namespace
} // namespace tasker::worker
