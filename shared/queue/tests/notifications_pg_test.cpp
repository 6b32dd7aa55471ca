#include "tasker/pg/listener.hpp"
#include "workflow.hpp"

#include <gmock/gmock.h>

namespace tasker::queue {
namespace {

using namespace std::chrono_literals;
using tasker::testing::run_until;
using tasker::testing::soon;
using ::testing::ElementsAre;

/// The notifications of the calls, as a listener of all channels receives them.
class Notifications : public Workflow {
protected:
    Notifications()
        : listener_{io_.get_executor(),
                    {.connect = {.dsn = database_.dsn()},
                     .channels = {std::string{ready_channel}, std::string{finished_channel},
                                  std::string{timers_channel}, std::string{template_channel}},
                     .subscribe = "select tasker.want_finished(true)",
                     .unsubscribe = "select tasker.want_finished(false)"},
                    {.notified =
                         [this](std::string_view channel, std::string_view payload) {
                             received_.push_back(std::string{channel} + " " + std::string{payload});
                         },
                     .check_again = [this] { is_listening_ = true; }}},
          run_{io_, listen(listener_)} {
        listener_.set_wanted(true);
        EXPECT_TRUE(run_until(io_, [&] { return is_listening_; }));
    }

    void TearDown() override {
        listener_.stop();
        run_.get();
    }

    static boost::asio::awaitable<bool> listen(pg::listener& listener) {
        co_await listener.run_until_stopped();
        co_return true;
    }

    /// What was announced since the last time.
    std::vector<std::string> received(std::size_t number) {
        EXPECT_TRUE(run_until(io_, [&] { return received_.size() >= number; }));
        return std::exchange(received_, {});
    }

    std::vector<std::string> received_;
    bool is_listening_ = false;
    pg::listener listener_;
    tasker::testing::running<bool> run_;
};

TEST_F(Notifications, AnnounceATaskThatEndsInsideAClaim) {
    auto const task = create(register_chain());
    EXPECT_THAT(received(2), ElementsAre("tasker_template ", "tasker_ready tasker_default"));
    EXPECT_EQ(claim_all().size(), 1U);
    database_.exec("update tasker.steps set alone = true, lost_alone = 9, started_at = now()");
    database_.exec("update pgmq.q_tasker_default set vt = now()");
    EXPECT_TRUE(claim_all().empty());
    EXPECT_THAT(received(1), ElementsAre("tasker_finished " + task.to_string()));
}

TEST_F(Notifications, AnnounceWorkRetriesAndFinishedTasksWithoutAnotherCall) {
    auto const chain = register_chain();
    EXPECT_THAT(received(1), ElementsAre("tasker_template "));

    auto const task = create(chain);
    EXPECT_THAT(received(1), ElementsAre("tasker_ready tasker_default"));

    auto const a = claim_all().at(0);
    auto const reply = run(finish(connection_,
                                  {.queue = a.queue,
                                   .worker = worker_,
                                   .lease = lease_time,
                                   .steps = {{.held = lease_of(a),
                                              .outcome = outcome::retryable_failure,
                                              .payload = "{}",
                                              .retry_after = 5000ms}}},
                                  soon()));
    ASSERT_TRUE(reply);
    EXPECT_THAT(received(1), ElementsAre("tasker_timers 5000"));

    database_.exec("update tasker.timers set due_at = tasker.clock()");
    ASSERT_EQ(run(fire_timers(connection_, 10, soon())).value().fired, 1);
    EXPECT_THAT(received(1), ElementsAre("tasker_ready tasker_default"));

    auto const again = claim_all();
    ASSERT_EQ(run(release(connection_, normal_queue, {lease_of(again.at(0))}, soon())).value(), 1);
    EXPECT_THAT(received(1), ElementsAre("tasker_ready tasker_default"));

    ASSERT_TRUE(run(cancel_tasks(connection_, {task}, false, soon())));
    EXPECT_THAT(received(1), ElementsAre("tasker_finished " + task.to_string()));
}

TEST_F(Notifications, OfACompleteTaskContainsWhatAReadReturns) {
    auto const before = get(create(register_chain(), R"({"n": 1})"));
    for (int step = 0; step < 3; ++step) {
        finish_one(claim_all().at(0), R"({"a":[1, 2], "é":"x\ny"})");
    }
    auto const all = received(5); // the template, three ready steps, the end
    auto const completed =
        read_completed_task(std::string_view{all.back()}.substr(finished_channel.size() + 1));
    ASSERT_TRUE(completed) << all.back();
    EXPECT_EQ(completed->view(before), get(before.id));
}

TEST_F(Notifications, AreNotSentForACallThatFailed) {
    auto const chain = register_chain();
    received(1);
    auto const refused =
        run(create_tasks(connection_,
                         {{.id = task_id::generate(), .from = chain, .context = "{}"},
                          {.id = task_id::generate(), .from = chain, .context = "no json"}},
                         atomicity::each_alone, soon()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(pg::sqlstate_of(refused.error()), "22P02");
    auto const task = create(chain);
    EXPECT_THAT(received(1), ElementsAre("tasker_ready tasker_default"));
    ASSERT_TRUE(run(cancel_tasks(connection_, {task}, false, soon())));
    EXPECT_THAT(received(1), ElementsAre("tasker_finished " + task.to_string()));
}

} // namespace
} // namespace tasker::queue
