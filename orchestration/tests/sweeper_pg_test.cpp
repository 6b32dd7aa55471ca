#include "api_fixture.hpp"

namespace tasker::orchestration {
namespace {

/// A task whose message is lost.
class Sweeper : public Api {
protected:
    Sweeper() {
        register_chain("one", "1.0.0", 1);
        task_ = create("one");
        database_.exec("delete from pgmq.q_tasker_default");
    }

    std::string state() {
        return client_.get("/v1/tasks/" + task_).json().at("state");
    }

    std::string task_;
};

TEST_F(Sweeper, EnqueuesStepsAtItsStartThatLostTheirMessages) {
    finish_all();
    EXPECT_EQ(state(), "pending");
    running_service const other{settings_};
    EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [this] {
        return database_.value<int>("select count(*) from pgmq.q_tasker_default") == 1;
    }));
    finish_all();
    EXPECT_EQ(state(), "complete");
    http_client client{other.address()};
    EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return client.get("/metrics").body.find("tasker_lost_steps_enqueued_total 1") !=
               std::string::npos;
    }));
}

TEST_F(Sweeper, SearchesAgainAfterItsInterval) {
    settings_.sweep.interval_s = 1;
    running_service const other{settings_};
    for (int round = 0; round < 2; ++round) {
        database_.exec("delete from pgmq.q_tasker_default");
        EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [this] {
            return database_.value<int>("select count(*) from pgmq.q_tasker_default") == 1;
        }));
    }
}

} // namespace
} // namespace tasker::orchestration
