#include "workflow.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace tasker::queue {
namespace {

using tasker::testing::soon;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Tasks : public Workflow {
protected:
    result<std::vector<create_outcome>> make(std::vector<new_task> tasks,
                                             atomicity atomicity = atomicity::each_alone) {
        return run(create_tasks(connection_, std::move(tasks), atomicity, soon()));
    }

    static new_task with_key(template_id from, std::string key, std::string context = "{}") {
        return {.id = task_id::generate(),
                .from = from,
                .context = std::move(context),
                .idempotency_key = std::move(key)};
    }
};

TEST_F(Tasks, AreCreatedAndShownUnchanged) {
    auto const chain = register_chain();
    auto const task = new_task{.id = task_id::generate(),
                               .from = chain,
                               .priority = priority::high,
                               .context = R"({"text": "né \"quoted\""})",
                               .idempotency_key = "key"};
    auto const outcomes = make({task}).value();
    ASSERT_THAT(outcomes, SizeIs(1));
    EXPECT_EQ(outcomes[0].id, task.id);
    EXPECT_EQ(outcomes[0].creation, creation::created);

    auto const shown = get(task.id);
    EXPECT_EQ(shown.id, task.id);
    EXPECT_EQ(shown.name_space, "default");
    EXPECT_EQ(shown.name, "chain");
    EXPECT_EQ(shown.version, "1.0.0");
    EXPECT_EQ(shown.state, model::task_state::pending);
    EXPECT_EQ(shown.priority, 3);
    EXPECT_EQ(shown.idempotency_key, "key");
    EXPECT_EQ(shown.context, task.context);
    EXPECT_EQ(shown.steps_total, 3);
    EXPECT_EQ(shown.steps_complete, 0);
    EXPECT_EQ(shown.created_at, outcomes[0].created_at);
    EXPECT_EQ(shown.started_at, std::nullopt);
    EXPECT_EQ(shown.finished_at, std::nullopt);
    EXPECT_EQ(shown.result, std::nullopt);
}

TEST_F(Tasks, MayBeCreatedAgainAfterACommitInDoubt) {
    auto const chain = register_chain();
    std::vector<new_task> const batch{{.id = task_id::generate(), .from = chain, .context = "{}"},
                                      with_key(chain, "k")};
    auto const first = make(batch).value();
    auto const second = make(batch).value();
    EXPECT_EQ(second[0].creation, creation::created);
    EXPECT_EQ(second[1].creation, creation::created);
    EXPECT_THAT(claim_all(), SizeIs(2));
}

TEST_F(Tasks, WithTheSameKeyAndBodyAreTheSameTask) {
    auto const chain = register_chain();
    auto const original = with_key(chain, "k", R"({"n": 1})");
    ASSERT_TRUE(make({original}));
    auto const outcomes = make({{.id = task_id::generate(), .from = chain, .context = "{}"},
                                with_key(chain, "k", R"({"n":1})"),
                                with_key(chain, "k", R"({"n":2})")})
                              .value();
    ASSERT_THAT(outcomes, SizeIs(3));
    EXPECT_EQ(outcomes[0].creation, creation::created);
    EXPECT_EQ(outcomes[1].creation, creation::existing);
    EXPECT_EQ(outcomes[1].id, original.id);
    EXPECT_EQ(outcomes[1].created_at, get(original.id).created_at);
    EXPECT_EQ(outcomes[2].creation, creation::conflict);
    EXPECT_EQ(outcomes[2].id, original.id);
}

TEST_F(Tasks, AreAllRefusedForOneConflictInAnAtomicRequest) {
    auto const chain = register_chain();
    ASSERT_TRUE(make({with_key(chain, "k", R"({"n":1})")}));
    auto const other = task_id::generate();
    auto const refused =
        make({{.id = other, .from = chain, .context = "{}"}, with_key(chain, "k", R"({"n":2})")},
             atomicity::all_or_nothing);
    ASSERT_FALSE(refused);
    EXPECT_EQ(pg::sqlstate_of(refused.error()), "TK004");
    EXPECT_TRUE(pg::is_callers_fault(refused.error()));
    EXPECT_THAT(run(get_tasks(connection_, {other}, soon())).value(), IsEmpty());
}

TEST_F(Tasks, OfAnUnknownTemplateAreRefused) {
    auto const refused =
        make({{.id = task_id::generate(), .from = template_id{999}, .context = "{}"}});
    EXPECT_EQ(pg::sqlstate_of(refused.error()), "TK002");
}

TEST_F(Tasks, AreCreatedTenThousandInOneCall) {
    auto const chain = register_chain();
    std::vector<new_task> batch;
    batch.reserve(10'000);
    for (int i = 0; i < 10'000; ++i) {
        batch.push_back({.id = task_id::generate(), .from = chain, .context = "{}"});
    }
    auto const outcomes = make(batch).value();
    ASSERT_THAT(outcomes, SizeIs(batch.size()));
    EXPECT_TRUE(std::ranges::all_of(
        outcomes, [](create_outcome const& each) { return each.creation == creation::created; }));
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), 10'000);
}

TEST_F(Tasks, ThatAreUnknownAreAbsent) {
    auto const existing = create(register_chain());
    auto const found = run(get_tasks(connection_, {task_id::generate(), existing}, soon())).value();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].id, existing);
}

TEST_F(Tasks, AreCancelledUnlessTheyHaveEnded) {
    auto const chain = register_chain();
    auto const open_task = create(chain);
    auto const first =
        run(cancel_tasks(connection_, {open_task, task_id::generate()}, false, soon())).value();
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_EQ(first[0].id, open_task);
    EXPECT_TRUE(first[0].cancelled);
    EXPECT_EQ(first[0].state, model::task_state::cancelled);
    auto const second = run(cancel_tasks(connection_, {open_task}, false, soon())).value();
    EXPECT_FALSE(second.at(0).cancelled);
    EXPECT_EQ(second.at(0).state, model::task_state::cancelled);
}

TEST_F(Tasks, ThatHaveFinishedAreFoundAmongOthers) {
    auto const chain = register_chain();
    auto const open_task = create(chain);
    auto const cancelled = create(chain);
    ASSERT_TRUE(run(cancel_tasks(connection_, {cancelled}, false, soon())));
    auto const finished = run(finished_tasks(connection_, {open_task, cancelled}, soon())).value();
    ASSERT_THAT(finished, SizeIs(1));
    EXPECT_EQ(finished[0].id, cancelled);
    EXPECT_EQ(finished[0].state, model::task_state::cancelled);
    EXPECT_TRUE(finished[0].finished_at);
}

TEST_F(Tasks, AreListedNewestFirstPageByPage) {
    auto const chain = register_chain();
    std::vector<task_id> created;
    created.reserve(5);
    for (int i = 0; i < 5; ++i) {
        created.push_back(create(chain));
    }
    auto const first = run(list_tasks(connection_, {}, 3, soon())).value();
    ASSERT_THAT(first, SizeIs(3));
    EXPECT_EQ(first[0].id, created[4]);
    EXPECT_EQ(first[2].id, created[2]);
    auto const second = run(list_tasks(connection_, {.before = first[2].id}, 3, soon())).value();
    ASSERT_THAT(second, SizeIs(2));
    EXPECT_EQ(second[1].id, created[0]);
}

TEST_F(Tasks, AreListedByEachFilter) {
    auto const chain = register_chain();
    auto const pending = create(chain);
    auto const cancelled = create(chain);
    ASSERT_TRUE(run(cancel_tasks(connection_, {cancelled}, false, soon())));
    auto const count = [&](task_filter filter) {
        return run(list_tasks(connection_, std::move(filter), 10, soon())).value().size();
    };
    auto const by_state =
        run(list_tasks(connection_, {.state = model::task_state::cancelled}, 10, soon())).value();
    ASSERT_THAT(by_state, SizeIs(1));
    EXPECT_EQ(by_state[0].id, cancelled);
    auto const born = get(pending).created_at;
    EXPECT_EQ(count({.name_space = "default", .name = "chain", .version = "1.0.0"}), 2U);
    EXPECT_EQ(count({.name_space = "other"}), 0U);
    EXPECT_EQ(count({.name = "other"}), 0U);
    EXPECT_EQ(count({.version = "2.0.0"}), 0U);
    EXPECT_EQ(count({.created_after = born - std::chrono::hours{1}}), 2U);
    EXPECT_EQ(count({.created_after = born + std::chrono::hours{1}}), 0U);
    EXPECT_EQ(count({.created_before = born - std::chrono::hours{1}}), 0U);
    EXPECT_EQ(count({.created_before = born + std::chrono::hours{1}}), 2U);
}

TEST_F(Tasks, ShowTheirSteps) {
    auto const task = create(register_chain());
    finish_one(claim_all().at(0), R"({"from": "a"})");
    auto const steps = run(list_steps(connection_, {.task = task}, 10, soon())).value();
    ASSERT_THAT(steps, SizeIs(3));
    EXPECT_EQ(steps[0].name, "a");
    EXPECT_EQ(steps[0].number, step_no{0});
    EXPECT_EQ(steps[0].state, model::step_state::complete);
    EXPECT_EQ(steps[0].attempts, 1);
    EXPECT_EQ(steps[0].max_attempts, 2);
    EXPECT_THAT(steps[0].dependencies, IsEmpty());
    EXPECT_EQ(steps[0].worker, "worker");
    EXPECT_EQ(steps[0].result, R"({"from": "a"})");
    EXPECT_EQ(steps[0].error, std::nullopt);
    EXPECT_TRUE(steps[0].enqueued_at && steps[0].started_at && steps[0].finished_at);
    EXPECT_EQ(steps[1].state, model::step_state::enqueued);
    EXPECT_THAT(steps[1].dependencies, ElementsAre("a"));
    EXPECT_EQ(steps[2].state, model::step_state::pending);
    EXPECT_EQ(steps[2].enqueued_at, std::nullopt);
}

TEST_F(Tasks, ShowOneStepOrAPageOfThem) {
    auto const task = create(register_chain());
    auto const named =
        run(list_steps(connection_, {.task = task, .name = "b"}, 10, soon())).value();
    ASSERT_THAT(named, SizeIs(1));
    EXPECT_EQ(named[0].number, step_no{1});
    auto const page =
        run(list_steps(connection_, {.task = task, .after = step_no{0}}, 1, soon())).value();
    ASSERT_THAT(page, SizeIs(1));
    EXPECT_EQ(page[0].name, "b");
    EXPECT_THAT(run(list_steps(connection_, {.task = task, .name = "z"}, 10, soon())).value(),
                IsEmpty());
    EXPECT_THAT(run(list_steps(connection_, {.task = task_id::generate()}, 10, soon())).value(),
                IsEmpty());
}

TEST_F(Tasks, BacklogsCountReadyStepsOfServedNamespaces) {
    auto const chain = register_chain();
    for (int i = 0; i < 5; ++i) {
        create(chain);
    }
    database_.exec("select tasker.ensure_namespace('without_workers')");
    database_.exec("select pgmq.send('tasker_without_workers', '{}')");
    auto found = run(backlogs(connection_, soon())).value();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].namespace_name, "default");
    EXPECT_EQ(found[0].steps, 5);

    claim_all(2);
    EXPECT_EQ(run(backlogs(connection_, soon())).value()[0].steps, 3);
    claim_all(3);
    EXPECT_EQ(run(backlogs(connection_, soon())).value()[0].steps, 0);
}

TEST_F(Tasks, BacklogsDoNotCountTheStepsBetweenARetryAndTheFirstNewStep) {
    auto const chain = register_chain();
    for (int i = 0; i < 5; ++i) {
        create(chain);
    }
    claim_all(5);
    database_.exec("delete from pgmq.q_tasker_default");
    database_.exec("select tasker_queues.resend_tasker_default("
                   "array[1], array[tasker.uuid_v7()], array[0])");
    create(chain);
    EXPECT_EQ(run(backlogs(connection_, soon())).value()[0].steps, 1);
}

} // namespace
} // namespace tasker::queue
