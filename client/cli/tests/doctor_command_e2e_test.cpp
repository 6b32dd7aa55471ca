#include "engine.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tasker::cli {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Doctor : public Engine {};

TEST_F(Doctor, FindsNothingInASystemThatIsWell) {
    auto const done = tasker_.run({"doctor"});
    EXPECT_EQ(done.out, "No problem found.\n");
    EXPECT_EQ(done.status.code, 0);
    EXPECT_EQ(tasker_.run({"doctor", "--json"}).out, "{\"findings\":[]}\n");
}

TEST_F(Doctor, GroupsItsFindingsAndFailsIfOneIsAnError) {
    register_template(quick_template);
    create({"quick"});
    database_.exec("update pgmq.q_tasker_default set vt = vt - interval '1 hour'; "
                   "select tasker.register_worker('old', '{shop}'); "
                   "select tasker.command_worker('old', 'drain')");
    auto const done = tasker_.run({"doctor"});
    EXPECT_EQ(done.out, "Errors\n"
                        "✗ step first of template quick waits in namespace default, which no "
                        "worker serves\n"
                        "  Start a worker with --namespaces default\n"
                        "\n"
                        "For information\n"
                        "i worker old is draining: it claims nothing more\n"
                        "  Stop it with tasker worker stop, and start it again when it should "
                        "serve\n");
    EXPECT_EQ(done.status.code, 1);
    EXPECT_THAT(tasker_.run({"doctor", "--json"}).out,
                StartsWith(R"({"findings":[{"severity":"error","subject":"namespace default",)"));
}

TEST_F(Doctor, SaysThatTheOrchestratorIsNotReached) {
    auto const done = tasker_.run({"doctor", "--url", "http://127.0.0.1:1"});
    EXPECT_EQ(done.status.code, 5);
    EXPECT_THAT(done.err, HasSubstr("127.0.0.1:1"));
}

} // namespace
} // namespace tasker::cli
