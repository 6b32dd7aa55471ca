#include "step_flow.hpp"

#include "tasker/testing/wait.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <semaphore>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Steps of unknown handlers: they fail immediately, and are held until they are reported.
class StepFlow : public ::testing::Test {
protected:
    StepFlow() : flow_{io_.get_executor(), options(), handlers_, metrics_} {}

    static settings options() {
        settings chosen;
        chosen.concurrency = 2;
        return chosen;
    }

    void accept(std::vector<std::string> const& names, bool alone,
                std::string const& handler = "unknown") {
        std::vector<queue::claimed_step> steps;
        for (auto const& name : names) {
            queue::claimed_step step;
            step.queue = "tasker_default";
            step.name = name;
            step.handler = handler;
            step.initialization = "{}";
            step.context = "{}";
            step.alone = alone;
            steps.push_back(std::move(step));
        }
        flow_.accept(std::move(steps), steady_clock::now());
    }

    /// Runs a step, and reports it.
    void report_one() {
        accept({"step"}, false);
        EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(),
                                                [this] { return flow_.collect(); }));
        flow_.forget(flow_.next_batch());
    }

    std::vector<std::string> returned() {
        std::vector<std::string> names;
        for (auto const& each : flow_.take_returned()) {
            names.push_back(each->step.name);
        }
        return names;
    }

    boost::asio::io_context io_;
    std::shared_ptr<handler_registry> handlers_ = std::make_shared<handler_registry>();
    metrics metrics_{{}};
    step_flow flow_;
};

TEST_F(StepFlow, TakesNothingNewWhileAStepWaitsToRunAlone) {
    accept({"other"}, false);
    EXPECT_GT(flow_.free_slots(), 0U);
    accept({"suspect"}, true);
    EXPECT_EQ(flow_.free_slots(), 0U);
    EXPECT_EQ(flow_.step_to_run_alone(), nullptr);
    EXPECT_THAT(returned(), IsEmpty());
}

TEST_F(StepFlow, RunsAStepAloneWhenNothingElseIsHeld) {
    accept({"suspect"}, true);
    auto const alone = flow_.step_to_run_alone();
    ASSERT_NE(alone, nullptr);
    flow_.run_alone(alone);
    EXPECT_EQ(flow_.step_to_run_alone(), nullptr);
    EXPECT_EQ(flow_.free_slots(), 0U);
    EXPECT_EQ(flow_.limit_wait_for_alone(steady_clock::now() + 24h), deadline::max());
}

TEST_F(StepFlow, RunsNothingAloneWhileACallMayReturnMoreSteps) {
    accept({"suspect"}, true);
    flow_.reserve(1);
    EXPECT_EQ(flow_.step_to_run_alone(), nullptr);
    flow_.unreserve(1);
    EXPECT_NE(flow_.step_to_run_alone(), nullptr);
}

TEST_F(StepFlow, ReturnsAStepThatWaitsTooLongToRunAloneAndWaitsTwiceAsLongTheNextTime) {
    accept({"other"}, false);
    accept({"suspect"}, true);
    EXPECT_LT(flow_.limit_wait_for_alone(steady_clock::now()), deadline::max());
    EXPECT_THAT(returned(), IsEmpty());
    EXPECT_EQ(flow_.limit_wait_for_alone(steady_clock::now() + step_flow::first_alone_limit),
              deadline::max());
    EXPECT_THAT(returned(), ElementsAre("suspect"));
    EXPECT_GT(flow_.free_slots(), 0U);

    accept({"suspect"}, true);
    EXPECT_LT(flow_.limit_wait_for_alone(steady_clock::now() + step_flow::first_alone_limit),
              deadline::max());
    EXPECT_THAT(returned(), IsEmpty());
    flow_.limit_wait_for_alone(steady_clock::now() + 2 * step_flow::first_alone_limit);
    EXPECT_THAT(returned(), ElementsAre("suspect"));
}

TEST_F(StepFlow, TakesNoStepThatMustRunAloneForAsLongAsOneWaitedTooLong) {
    EXPECT_TRUE(flow_.may_take_alone(steady_clock::now()));
    accept({"other"}, false);
    accept({"suspect"}, true);
    auto const end = steady_clock::now() + step_flow::first_alone_limit;
    flow_.limit_wait_for_alone(end);
    EXPECT_FALSE(flow_.may_take_alone(end));
    EXPECT_TRUE(flow_.may_take_alone(end + step_flow::first_alone_limit));
    for (auto const& each : flow_.held()) {
        flow_.lose(each);
    }
    EXPECT_TRUE(flow_.may_take_alone(end)) << "nothing is held any more";
}

TEST_F(StepFlow, ReturnsASecondStepThatMustRunAlone) {
    accept({"suspect", "another"}, true);
    EXPECT_THAT(returned(), ElementsAre("another"));
}

TEST_F(StepFlow, TakesNewStepsWhenTheStepThatWaitsToRunAloneLosesItsLease) {
    accept({"suspect"}, true);
    flow_.lose(flow_.step_to_run_alone());
    EXPECT_GT(flow_.free_slots(), 0U);
    EXPECT_TRUE(flow_.is_empty());
}

TEST_F(StepFlow, LeavesHalfOfItsSlotsToContinuationsUnlessReportsReturnNone) {
    for (int i = 0; i < 100; ++i) {
        report_one();
    }
    auto const prefetched = flow_.free_slots() - 2;
    ASSERT_GT(prefetched, 100U);
    auto const half = 2 + prefetched / 2;
    auto const most = 2 + std::min(prefetched, step_flow::max_claim_prefetch);
    EXPECT_EQ(flow_.slots_to_claim(), half);
    flow_.note_continuations(2 * flow_.capacity() - 1, 0);
    EXPECT_EQ(flow_.slots_to_claim(), half);
    flow_.note_continuations(1, 0);
    EXPECT_EQ(flow_.slots_to_claim(), most);
    flow_.note_continuations(1, 1);
    EXPECT_EQ(flow_.slots_to_claim(), half);
}

/// Steps whose handlers run until the test ends them.
class StepFlowBacklog : public StepFlow {
protected:
    StepFlowBacklog() {
        handlers_->add("waits", [gate = gate_](step_context const&) -> step_result {
            gate->started.release();
            gate->may_end.acquire();
            return success();
        });
    }

    ~StepFlowBacklog() override {
        gate_->may_end.release(100);
    }

    bool wait_for_starts(int count) {
        for (; count > 0; --count) {
            if (!gate_->started.try_acquire_until(testing::soon())) {
                return false;
            }
        }
        return true;
    }

    struct gate {
        std::counting_semaphore<> started{0};
        std::counting_semaphore<> may_end{0};
    };

    std::shared_ptr<gate> gate_ = std::make_shared<gate>();
};

TEST_F(StepFlowBacklog, KeepsStepsThatStartedToWaitAfterTheLastCheck) {
    accept({"1", "2", "3", "4", "5"}, false, "waits");
    ASSERT_TRUE(wait_for_starts(2));
    flow_.shed_backlog(1s);
    EXPECT_THAT(returned(), IsEmpty());
}

TEST_F(StepFlowBacklog, KeepsAsManyStepsAsStartedSinceTheLastCheckIfOthersWaitedAllTheTime) {
    accept({"1", "2", "3", "4", "5", "6", "7"}, false, "waits");
    ASSERT_TRUE(wait_for_starts(2));
    flow_.shed_backlog(1s);
    gate_->may_end.release();
    ASSERT_TRUE(wait_for_starts(1));
    flow_.collect();
    flow_.shed_backlog(1s);
    EXPECT_THAT(returned(), ElementsAre("7", "6", "5"));
}

TEST_F(StepFlowBacklog, ReturnsAllWaitingStepsIfNoneStartedSinceTheLastCheck) {
    accept({"1", "2", "3", "4"}, false, "waits");
    ASSERT_TRUE(wait_for_starts(2));
    flow_.shed_backlog(1s);
    flow_.shed_backlog(1s);
    EXPECT_THAT(returned(), ElementsAre("4", "3"));
}

} // namespace
} // namespace tasker::worker
