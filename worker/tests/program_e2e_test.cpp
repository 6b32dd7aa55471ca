#include "tasker/testing/service.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

namespace tasker::worker {
namespace {

TEST(WorkerProgram, ASecondSignalJustAsItEndsDoesNotKeepItFromEnding) {
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

} // namespace
} // namespace tasker::worker
