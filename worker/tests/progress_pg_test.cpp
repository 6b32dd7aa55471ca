#include "worked_database.hpp"

#include "tasker/worker/children.hpp"
#include "tasker/worker/run_handler.hpp"

#include "execution.hpp"
#include "failure_of.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <string>

namespace tasker::worker {
namespace {

using nlohmann::json;

class WorkerProgress : public WorkerDatabase {
protected:
    WorkerProgress() {
        register_template("name: one\nversion: 1.0.0\nsteps:\n"
                          "  - {name: s, handler: {callable: note}, retry: {max_attempts: 3, "
                          "backoff: none}}\n");
    }

    ~WorkerProgress() override {
        go_.raise();
    }

    bool wait_until_noted(std::string const& condition) {
        return db().wait_until(testing::soon(),
                               "select exists (select from tasker.step_progress where " +
                                   condition + ")");
    }

    void fire_timers() {
        db().exec("select tasker.fire_timers(100)");
        db().exec("select tasker.flush_notifications()");
    }

    testing::signal noted_;
    testing::signal go_;
};

TEST_F(WorkerProgress, IsStoredWhileTheHandlerRunsAndRemovedAtItsEnd) {
    running_worker w{options(), [this](worker& to) {
                         to.handle("note", [this](step_context const& step) -> step_result {
                             step.progress(0.25, "page 1 of 4");
                             step.checkpoint(json{{"page", 1}});
                             go_.wait(testing::soon());
                             return step.checkpoint();
                         });
                     }};
    auto const id = create("one");
    ASSERT_TRUE(wait_until_noted("checkpoint::text = '{\"page\":1}'"));
    EXPECT_EQ(step(id, "s")["progress"], 0.25);
    EXPECT_EQ(step(id, "s")["message"], "page 1 of 4");
    go_.raise();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"]["s"], (json{{"page", 1}}));
    EXPECT_EQ(db().value<int>("select count(*) from tasker.step_progress"), 0);
}

TEST_F(WorkerProgress, CheckpointOfAFailedAttemptIsThereForTheNextOne) {
    running_worker w{options(), [](worker& to) {
                         to.handle("note", [](step_context const& step) -> step_result {
                             auto const before = step.checkpoint();
                             step.checkpoint(step.attempt());
                             return step.attempt() < 2 ? retryable_error("not yet")
                                                       : step_result{json{{"before", before}}};
                         });
                     }};
    auto const id = create("one");
    ASSERT_TRUE(wait_for_step(id, "s", "waiting_for_retry"));
    EXPECT_EQ(db().value<std::string>("select checkpoint from tasker.step_progress"), "1");
    fire_timers();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"]["s"], (json{{"before", 1}}));
}

TEST_F(WorkerProgress, CheckpointOfAReturnedStepIsThereForTheNextWorker) {
    auto const add = [this](worker& to) {
        to.handle("note", [this](step_context const& step) -> step_result {
            if (step.checkpoint_text() != "null") {
                return step.checkpoint();
            }
            step.checkpoint("half");
            noted_.raise();
            while (step.wait_for(std::chrono::hours{1})) {
            }
            return retryable_error("stopped");
        });
    };
    std::string id;
    {
        auto chosen = options();
        chosen.shutdown_grace_ms = 0;
        running_worker first{chosen, add};
        id = create("one");
        ASSERT_TRUE(noted_.wait(testing::soon()));
    }
    auto chosen = options();
    chosen.name = "second";
    running_worker second{chosen, add};
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"]["s"], "half");
    EXPECT_EQ(step(id, "s")["deliveries"], 2);
}

TEST_F(WorkerProgress, CheckpointOfAnAttemptThatAnswersChildTasksIsStoredWithItsReport) {
    register_template("name: parent\nversion: 1.0.0\nsteps:\n"
                      "  - {name: p, handler: {callable: ask}}\n");
    running_worker w{options(), [this](worker& to) {
                         to.handle("ask", [](step_context const& step) -> step_result {
                             step.checkpoint("asked");
                             return children({{.key = "k", .name = "one"}});
                         });
                         to.handle("note", [this](step_context const&) -> step_result {
                             go_.wait(testing::soon());
                             return success();
                         });
                     }};
    auto const id = create("parent");
    ASSERT_TRUE(wait_for_step(id, "p", "waiting"));
    EXPECT_EQ(db().value<std::string>("select checkpoint from tasker.step_progress"), "\"asked\"");
    go_.raise();
    ASSERT_TRUE(db().wait_until(testing::soon(), "select exists (select from tasker.timers)"));
    fire_timers();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(db().value<int>("select count(*) from tasker.step_progress"), 0);
}

TEST(Checkpoint, NewestOneIsReadBack) {
    auto result = try_handler(
        [](step_context const& step) -> step_result {
            auto seen = json::array({step.checkpoint()});
            step.checkpoint(2);
            seen.push_back(step.checkpoint());
            step.checkpoint(nullptr);
            seen.push_back(step.checkpoint());
            return seen;
        },
        {.checkpoint = 1});
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(std::move(result).json_text(), "[1,2,null]");
}

TEST(Checkpoint, AtItsLimitIsStoredAndOneBeyondFailsTheStep) {
    auto const run = [](std::size_t bytes) {
        return try_handler(
            [bytes](step_context const& step) -> step_result {
                step.set_checkpoint_text('"' + std::string(bytes - 2, 'x') + '"');
                return success();
            },
            {});
    };
    EXPECT_TRUE(run(step_context::max_checkpoint_bytes).is_success());
    auto const failure = failure_of(run(step_context::max_checkpoint_bytes + 1));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "checkpoint_too_large");
}

TEST(Checkpoint, ThatPostgresqlCannotStoreFailsTheStep) {
    auto const deep = std::string(1'001, '[') + '1' + std::string(1'001, ']');
    for (auto const& wrong : {std::string{"{"}, std::string{R"("\u0000")"}, deep}) {
        auto const failure = failure_of(try_handler(
            [&wrong](step_context const& step) -> step_result {
                step.set_checkpoint_text(wrong);
                return success();
            },
            {}));
        EXPECT_TRUE(failure.permanent) << wrong;
        EXPECT_EQ(failure.type, "invalid_checkpoint");
    }
}

TEST(ProgressMessage, IsCutAtItsLimit) {
    queue::claimed_step claimed;
    auto const running = std::make_shared<execution>(claimed, steady_clock::now());
    step_context const step{running};
    auto const message_of = [&](std::string const& given) {
        step.progress(0.5, given);
        return *running->notes.unstored({}).message;
    };
    std::string const most(step_context::max_progress_message_bytes, 'x');
    EXPECT_EQ(message_of(most), most);
    EXPECT_EQ(message_of(most + "y"), most + "…");
    EXPECT_EQ(message_of(std::string{"a\0b", 3}), "a\uFFFDb");
}

} // namespace
} // namespace tasker::worker
