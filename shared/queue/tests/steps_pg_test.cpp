#include "workflow.hpp"

#include <gmock/gmock.h>

namespace tasker::queue {
namespace {

using namespace std::chrono_literals;
using tasker::testing::soon;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Steps = Workflow;

TEST_F(Steps, AreClaimedWithEverythingAHandlerNeeds) {
    auto const task = create(register_chain(), R"({"n": 7})");
    auto const claimed = claim_all();
    ASSERT_THAT(claimed, SizeIs(1));
    auto const& step = claimed[0];
    EXPECT_EQ(step.queue, "tasker_default");
    EXPECT_EQ(step.task, task);
    EXPECT_EQ(step.step, step_no{0});
    EXPECT_GT(step.message.value, 0);
    EXPECT_EQ(step.delivery, 1);
    EXPECT_EQ(step.max_attempts, 2);
    EXPECT_EQ(step.failures, 0);
    EXPECT_EQ(step.timeout, 1500ms);
    EXPECT_EQ(step.name, "a");
    EXPECT_EQ(step.handler, "h.a");
    EXPECT_EQ(step.handler_method, "m");
    EXPECT_EQ(step.initialization, R"({"x":1})");
    EXPECT_EQ(step.name_space, "default");
    EXPECT_EQ(step.template_name, "chain");
    EXPECT_EQ(step.template_version, "1.0.0");
    EXPECT_EQ(step.priority, priority::normal);
    EXPECT_EQ(step.context, R"({"n": 7})");
    EXPECT_EQ(step.parents, std::nullopt);
    EXPECT_THAT(claim_all(), IsEmpty());
}

TEST_F(Steps, OfOneTaskAllHaveItsContext) {
    auto const flat =
        register_steps("flat", "{name: a, handler: {callable: h}}, {name: b, "
                               "handler: {callable: h}}, {name: c, handler: {callable: h}}");
    create(flat, R"({"n": 1})");
    create(flat, R"({"n": 2})");
    auto const held = claim_all();
    ASSERT_THAT(held, SizeIs(6));
    for (std::size_t i = 0; i < held.size(); ++i) {
        EXPECT_EQ(held[i].context, i < 3 ? R"({"n": 1})" : R"({"n": 2})");
    }
}

TEST_F(Steps, HaveATimeWhenTheNextCanBeClaimed) {
    std::vector<std::string> const queues{"tasker_default__p4", normal_queue};
    EXPECT_EQ(run(next_visible(connection_, queues, true, soon())).value(), std::nullopt);
    create(register_chain());
    EXPECT_LE(run(next_visible(connection_, queues, true, soon())).value(), 0ms);
    ASSERT_THAT(claim_all(), SizeIs(1));
    auto const leased = run(next_visible(connection_, queues, true, soon())).value();
    EXPECT_GT(leased, 0ms);
    EXPECT_LE(leased, lease_time);
    database_.exec("select pgmq.set_vt('tasker_default', msg_id, -1) from pgmq.q_tasker_default");
    EXPECT_LE(run(next_visible(connection_, queues, true, soon())).value(), -1s);
}

TEST_F(Steps, AreClaimedFromTheQueuesInTheOrderGiven) {
    auto const chain = register_chain();
    auto const normal = create(chain);
    auto const urgent = task_id::generate();
    ASSERT_TRUE(run(create_tasks(
        connection_, {{.id = urgent, .from = chain, .priority = priority::urgent, .context = "{}"}},
        atomicity::each_alone, soon())));
    auto const first = claim_all(1);
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_EQ(first[0].task, urgent);
    EXPECT_EQ(first[0].priority, priority::urgent);
    EXPECT_EQ(first[0].queue, queue_name("default", priority::urgent));
    EXPECT_EQ(claim_all(1).at(0).task, normal);
}

TEST_F(Steps, AdvanceTheirTaskWithEachResultUntilItIsComplete) {
    auto const task = create(register_chain());
    auto const a = claim_all().at(0);
    EXPECT_THAT(finish_one(a, R"({"from": "a"})").taken, IsEmpty());

    auto const b = claim_all().at(0);
    EXPECT_EQ(b.parents, R"({ "a" : {"from": "a"} })");
    EXPECT_EQ(b.timeout, std::nullopt);
    EXPECT_EQ(b.handler_method, std::nullopt);
    auto const after_b = finish_one(b, "2", outcome::success, 10);
    ASSERT_THAT(after_b.taken, SizeIs(1));
    auto const& c = after_b.taken[0];
    EXPECT_EQ(c.name, "c");
    EXPECT_EQ(c.task, task);
    EXPECT_EQ(c.delivery, 1);
    EXPECT_EQ(c.parents, R"({ "b" : 2 })");
    EXPECT_THAT(claim_all(), IsEmpty()); // it is leased already

    finish_one(c, R"("done")");
    EXPECT_EQ(get(task).state, model::task_state::complete);
    EXPECT_EQ(get(task).result, R"({ "c" : "done" })");
}

TEST_F(Steps, AreRefusedWhenTheyAreReportedTwice) {
    auto const task = create(register_chain());
    auto const a = claim_all().at(0);
    EXPECT_THAT(finish_one(a).refused, IsEmpty());
    EXPECT_THAT(finish_one(a).refused, ElementsAre(step_key{task, step_no{0}}));
}

TEST_F(Steps, OfOneBatchAreAcceptedOrRefusedSeparately) {
    auto const chain = register_chain();
    std::vector<finished_step> batch;
    for (int i = 0; i < 3; ++i) {
        create(chain);
    }
    auto const claimed = claim_all();
    batch.reserve(claimed.size());
    for (auto const& each : claimed) {
        batch.push_back({.held = lease_of(each), .payload = "1", .retry_after = std::nullopt});
    }
    batch[1].held.delivery = 7;
    auto const reply = run(finish(connection_,
                                  {.queue = normal_queue,
                                   .worker = worker_,
                                   .lease = lease_time,
                                   .take = 1,
                                   .steps = batch},
                                  soon()))
                           .value();
    EXPECT_THAT(reply.refused, ElementsAre(step_key{batch[1].held.task, step_no{0}}));
    EXPECT_THAT(reply.taken, SizeIs(1));
    EXPECT_THAT(claim_all(), SizeIs(1));
}

TEST_F(Steps, ThatFailAreRetriedAfterTheRequestedTime) {
    auto const task = create(register_chain());
    auto const a = claim_all().at(0);
    auto const reply = run(finish(connection_,
                                  {.queue = a.queue,
                                   .worker = worker_,
                                   .lease = lease_time,
                                   .steps = {{.held = lease_of(a),
                                              .outcome = outcome::retryable_failure,
                                              .payload = R"({"message": "no"})",
                                              .retry_after = 3'600'000ms}}},
                                  soon()));
    ASSERT_TRUE(reply);
    EXPECT_EQ(get(task).state, model::task_state::waiting);

    auto const early = run(fire_timers(connection_, 100, soon())).value();
    EXPECT_EQ(early.fired, 0);
    ASSERT_TRUE(early.next);
    EXPECT_GT(*early.next, 3'500'000ms);
    EXPECT_LE(*early.next, 3'600'000ms);

    database_.exec("update tasker.timers set due_at = tasker.clock()");
    auto const due = run(fire_timers(connection_, 100, soon())).value();
    EXPECT_EQ(due.fired, 1);
    EXPECT_EQ(due.next, std::nullopt);
    auto const again = claim_all().at(0);
    EXPECT_EQ(again.delivery, 2);
    EXPECT_EQ(again.failures, 1);
}

TEST_F(Steps, ThatFailPermanentlyFailTheirTask) {
    auto const task = create(register_chain());
    finish_one(claim_all().at(0), R"({"message": "never", "type": "t"})",
               outcome::permanent_failure);
    EXPECT_EQ(get(task).state, model::task_state::failed);
    EXPECT_EQ(get(task).steps_failed, 1);
}

TEST_F(Steps, WithLostLeasesAreListedWhenLeasesAreExtended) {
    auto const chain = register_chain();
    std::vector<lease> held;
    for (int i = 0; i < 3; ++i) {
        create(chain);
    }
    auto const claimed = claim_all();
    held.reserve(claimed.size());
    for (auto const& each : claimed) {
        held.push_back(lease_of(each));
    }
    EXPECT_THAT(run(extend(connection_, normal_queue, 60s, held, soon())).value(), IsEmpty());
    finish_one(claimed[1]);
    EXPECT_THAT(run(extend(connection_, normal_queue, 60s, held, soon())).value(), ElementsAre(1));
}

TEST_F(Steps, AreVisibleImmediatelyWhenTheyAreReturned) {
    create(register_chain());
    auto const claimed = claim_all();
    EXPECT_EQ(run(release(connection_, normal_queue, {lease_of(claimed.at(0))}, soon())).value(),
              1);
    EXPECT_EQ(run(release(connection_, normal_queue, {lease_of(claimed.at(0))}, soon())).value(),
              0);
    EXPECT_EQ(claim_all().at(0).delivery, 2);
}

TEST_F(Steps, MayBeClaimedOnAConnectionWithoutDurableCommits) {
    create(register_chain());
    auto fast =
        run(pg::connection::open(io_.get_executor(),
                                 {.dsn = database_.dsn(), .durable_commits = false}, soon()))
            .value();
    auto const claimed = run(claim(
        fast, {.queues = {normal_queue}, .worker = worker_, .lease = lease_time, .quantity = 1},
        soon()));
    EXPECT_THAT(claimed.value(), SizeIs(1));
}

} // namespace
} // namespace tasker::queue
