#include "worked_database.hpp"

#include "tasker/testing/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace tasker::worker {
namespace {

using ShellCommand = WorkerDatabase;

TEST_F(ShellCommand, IsKilledWhenItsWorkerEndsFirst) {
    testing::temporary_folder const folder;
    auto const file = folder.path() / "pid";
    register_template("name: stubborn\nversion: 1.0.0\nsteps:\n"
                      "  - name: s\n    handler:\n      callable: tasker.shell\n"
                      "      initialization:\n        command: \"trap '' TERM; echo $$ > " +
                      file.string() + ".new; mv " + file.string() + ".new " + file.string() +
                      "; while :; do sleep 1; done\"\n");
    auto chosen = options();
    chosen.shell.enabled = true;
    chosen.shell.kill_after_ms = 86'400'000;
    chosen.shutdown_grace_ms = 0;
    running_worker w{chosen, [](worker&) {}};
    auto const id = create("stubborn");
    ASSERT_TRUE(
        testing::wait_until(testing::soon(), [&] { return std::filesystem::exists(file); }));
    pid_t process = 0;
    std::ifstream{file} >> process;
    ASSERT_GT(process, 0);

    EXPECT_EQ(w.stop(), ending::abandoned);
    EXPECT_TRUE(testing::wait_until(testing::soon(), [&] { return kill(process, 0) != 0; }));
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
}

} // namespace
} // namespace tasker::worker
