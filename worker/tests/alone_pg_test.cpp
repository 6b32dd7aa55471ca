#include "worked_database.hpp"

#include <atomic>
#include <string>

namespace tasker::worker {
namespace {

using nlohmann::json;

class WorkerAlone : public WorkerDatabase {
protected:
    WorkerAlone() {
        for (std::string const name : {"hold", "suspect"}) {
            register_template("name: " + name +
                              "\nversion: 1.0.0\nsteps:\n  - {name: s, handler: " + "{callable: " +
                              name + "}}\n");
        }
    }

    ~WorkerAlone() override {
        go.raise();
    }

    void add_handlers(worker& to) {
        to.handle("hold", [this](step_context const&) -> step_result {
            ++running;
            started.raise();
            go.wait(testing::soon());
            --running;
            return json{};
        });
        to.handle("suspect", [this](step_context const&) -> step_result {
            suspect_started.raise();
            return json(running.load());
        });
    }

    /// A task whose step lost that many workers, which died before its handler started.
    std::string create_lost(int times) {
        auto id = create("suspect");
        for (int i = 0; i < times; ++i) {
            db().exec("select tasker.claim_steps(array['tasker_default'], "
                      "tasker.register_worker('dead', array['default']), 60, 1, 1)");
            db().exec("select pgmq.set_vt('tasker_default', msg_id, 0) from pgmq.q_tasker_default");
        }
        return id;
    }

    bool wait_for_deliveries(std::string const& id, int count) {
        return db().wait_until(testing::soon(), "select deliveries = " + std::to_string(count) +
                                                    " from tasker.list_steps('" + id +
                                                    "', 's', -1, 1)");
    }

    std::atomic<int> running = 0;
    testing::signal started;
    testing::signal go;
    testing::signal suspect_started;
};

TEST_F(WorkerAlone, StepThatLostTwoLeasesStartsWhenTheOthersHaveEnded) {
    auto const suspect = create_lost(2);
    auto const beside = create("hold");
    running_worker w{options(), [this](worker& to) { add_handlers(to); }};
    ASSERT_TRUE(started.wait(testing::soon()));
    ASSERT_TRUE(wait_for_deliveries(suspect, 3));
    EXPECT_EQ(step(suspect, "s")["state"], "in_progress");
    EXPECT_TRUE(step(suspect, "s")["started_at"].is_null());
    auto const later = create("hold");
    EXPECT_EQ(suspect_started.raised(), 0);
    go.raise();
    for (auto const& id : {suspect, beside, later}) {
        ASSERT_TRUE(wait_for_task(id, "complete"));
    }
    EXPECT_EQ(step(suspect, "s")["result"], 0) << "so many handlers ran beside it";
    EXPECT_EQ(step(suspect, "s")["attempts"], 1);
    EXPECT_EQ(step(suspect, "s")["lost_leases"], 2);
}

TEST_F(WorkerAlone, StepThatWaitsToRunAloneDoesNotWaitForTheChildrenOfTheOthers) {
    register_template("name: chain\nversion: 1.0.0\nsteps:\n"
                      "  - {name: a, handler: {callable: hold}}\n"
                      "  - {name: b, handler: {callable: after}, depends_on: [a]}\n");
    auto const suspect = create_lost(2);
    auto const chain = create("chain", {}, 4);
    running_worker w{options(), [this](worker& to) {
                         add_handlers(to);
                         to.handle("after", [this](step_context const&) -> step_result {
                             return json(suspect_started.raised());
                         });
                     }};
    ASSERT_TRUE(started.wait(testing::soon()));
    ASSERT_TRUE(wait_for_deliveries(suspect, 3));
    go.raise();
    ASSERT_TRUE(wait_for_task(chain, "complete"));
    EXPECT_EQ(step(chain, "b")["result"], 1) << "so many suspects ran before it";
}

TEST_F(WorkerAlone, StepThatLostOneLeaseDoesNotWaitForTheOthers) {
    auto const suspect = create_lost(1);
    create("hold");
    running_worker w{options(), [this](worker& to) { add_handlers(to); }};
    ASSERT_TRUE(started.wait(testing::soon()));
    EXPECT_TRUE(wait_for_task(suspect, "complete"));
    go.raise();
}

TEST_F(WorkerAlone, StoppingWorkerReleasesAStepThatWaitsToRunAlone) {
    auto const suspect = create_lost(2);
    create("hold");
    running_worker w{options(), [this](worker& to) { add_handlers(to); }};
    ASSERT_TRUE(started.wait(testing::soon()));
    ASSERT_TRUE(wait_for_deliveries(suspect, 3));
    w.ask_to_stop();
    ASSERT_TRUE(wait_for_step(suspect, "s", "enqueued"));
    go.raise();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_EQ(suspect_started.raised(), 0);
    EXPECT_EQ(db().value<int>("select read_ct from pgmq.q_tasker_default"), 2);
}

TEST_F(WorkerAlone, StartOfALongHandlerIsShownWhileItRuns) {
    auto const id = create("hold");
    running_worker w{options(), [this](worker& to) { add_handlers(to); }};
    EXPECT_TRUE(
        db().wait_until(testing::soon(), "select coalesce(started_at >= enqueued_at, false) "
                                         "from tasker.list_steps('" +
                                             id + "', 's', -1, 1)"));
    EXPECT_EQ(step(id, "s")["state"], "in_progress");
    go.raise();
}

} // namespace
} // namespace tasker::worker
