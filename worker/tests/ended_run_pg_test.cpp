#include "worked_database.hpp"

#include <gmock/gmock.h>

namespace tasker::worker {
namespace {

using nlohmann::json;

class WorkerEndedRun : public WorkerDatabase {
protected:
    void SetUp() override {
        register_template("name: two\nversion: 1.0.0\nsteps:\n"
                          "  - {name: a, handler: {callable: end}}\n"
                          "  - {name: b, handler: {callable: end}, dependencies: [a]}\n");
    }
};

TEST_F(WorkerEndedRun, FinishMakesTheResultOfTheTask) {
    running_worker w{options(), [](worker& to) {
                         to.handle("end", [](step_context const& step) -> step_result {
                             return finish({{"ended_by", step.name()}});
                         });
                     }};
    auto const id = create("two");
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"], json({{"ended_by", "a"}}));
    EXPECT_EQ(step(id, "a")["result"], json({{"ended_by", "a"}}));
    EXPECT_EQ(step(id, "b")["state"], "skipped");
}

TEST_F(WorkerEndedRun, FailTaskIsNotRetried) {
    running_worker w{options(), [](worker& to) {
                         to.handle("end", [](step_context const&) -> step_result {
                             return fail_task("sold out", "sold_out");
                         });
                     }};
    auto const id = create("two");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    EXPECT_EQ(step(id, "a")["error"]["type"], "sold_out");
    EXPECT_EQ(step(id, "a")["attempts"], 1);
    EXPECT_EQ(step(id, "b")["state"], "skipped");
}

} // namespace
} // namespace tasker::worker
