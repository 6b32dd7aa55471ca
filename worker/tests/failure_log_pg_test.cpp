#include "worked_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using FailureLog = WorkerDatabase;

TEST_F(FailureLog, NamesStepAndTypeButOmitsTheHandlersMessage) {
    register_template("name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: f}}\n");
    ::testing::internal::CaptureStderr();
    std::string id;
    {
        running_worker w{options(), [](worker& to) {
                             to.handle("f", [](step_context const&) {
                                 return permanent_error("card 4111-1111 is refused", "bad_card");
                             });
                         }};
        id = create("one");
        EXPECT_TRUE(testing::wait_until(testing::soon(),
                                        [&] { return step(id, "s")["state"] == "failed"; }));
    }
    auto const log = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(log, HasSubstr("step_failed"));
    EXPECT_THAT(log, HasSubstr(id));
    EXPECT_THAT(log, HasSubstr("bad_card"));
    EXPECT_THAT(log, Not(HasSubstr("4111-1111")));
    EXPECT_THAT(step(id, "s").dump(), HasSubstr("4111-1111"));
}

} // namespace
} // namespace tasker::worker
