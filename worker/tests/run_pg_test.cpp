#include <gmock/gmock.h>

#include "worked_database.hpp"

#include <mutex>
#include <numeric>

namespace tasker::worker {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr auto* linear = R"(
name: linear
version: 1.0.0
steps:
  - {name: first, handler: {callable: math.start}}
  - {name: second, handler: {callable: math.double, method: twice}, dependencies: [first]}
  - {name: third, handler: {callable: math.double}, dependencies: [second]}
)";

constexpr auto* diamond = R"(
name: diamond
version: 1.0.0
steps:
  - {name: start, handler: {callable: math.start}}
  - {name: left, handler: {callable: math.add, initialization: {n: 10}}, dependencies: [start]}
  - {name: right, handler: {callable: math.add, initialization: {n: 200}}, dependencies: [start]}
  - {name: join, handler: {callable: math.sum}, dependencies: [left, right]}
)";

void add_math(worker& to) {
    to.handle("math.start",
              [](step_context const& step) -> step_result { return step.context().at("n"); });
    to.handle("math.double", [](step_context const& step) -> step_result {
        return json(2 * step.parents().begin()->get<int>());
    });
    to.handle("math.add", [](step_context const& step) -> step_result {
        return json(step.parent<int>("start") + step.initialization().at("n").get<int>());
    });
    to.handle("math.sum", [](step_context const& step) -> step_result {
        auto const& parents = step.parents();
        return json(
            std::accumulate(parents.begin(), parents.end(), 0,
                            [](int sum, json const& each) { return sum + each.get<int>(); }));
    });
}

class WorkerRun : public WorkerDatabase {};

TEST_F(WorkerRun, LinearTaskPassesEachResultOn) {
    register_template(linear);
    running_worker w{options(), add_math};
    auto const id = create("linear", {{"n", 5}});
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"], json({{"third", 20}}));
    EXPECT_EQ(step(id, "second")["result"], 10);
    EXPECT_EQ(step(id, "second")["worker"], "tester");
    EXPECT_EQ(step(id, "second")["attempts"], 1);
}

TEST_F(WorkerRun, DiamondJoinsBothBranches) {
    register_template(diamond);
    running_worker w{options(), add_math};
    auto const id = create("diamond", {{"n", 1}});
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"], json({{"join", 212}}));
}

constexpr auto* mapped = R"(
name: mapped
version: 1.0.0
steps:
  - {name: square, handler: {callable: square}, map: $context.n}
  - {name: add, handler: {callable: add}, dependencies: [square],
     map: {over: $.square, batch_size: 3, max_parallel: 1}}
)";

TEST_F(WorkerRun, MapRunsItsHandlerForEachItemAndEachBatch) {
    register_template(mapped);
    running_worker w{options(), [](worker& to) {
                         to.handle("square", [](step_context const& step) -> step_result {
                             return json(step.item<int>() * step.item<int>() + step.index());
                         });
                         to.handle("add", [](step_context const& step) -> step_result {
                             json sums = json::array();
                             for (auto const& each : step.items()) {
                                 sums.push_back(each.at("item").get<int>() +
                                                100 * each.at("index").get<int>());
                             }
                             return sums;
                         });
                     }};
    auto const id = create("mapped", {{"n", {5, 6, 7, 8}}});
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(step(id, "square")["result"], json({25, 37, 51, 67}));
    EXPECT_EQ(task(id)["result"], json({{"add", {25, 137, 251, 367}}}));
}

TEST_F(WorkerRun, TasksCreatedBeforeTheWorkerStartedAreFound) {
    register_template(diamond);
    auto const id = create("diamond", {{"n", 2}});
    running_worker w{options(), add_math};
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"], json({{"join", 214}}));
}

TEST_F(WorkerRun, StepsThatAReportMakesReadyNeedNoClaim) {
    register_template(linear);
    // Only one claim: the queue is not read again while the task runs.
    auto chosen = options();
    chosen.lease_seconds = 601;
    chosen.poll_ms = 600'000;
    running_worker w{chosen, add_math};
    auto const id = create("linear", {{"n", 5}});
    ASSERT_TRUE(wait_for_task(id, "complete"));
    // One message served all three steps.
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default"), 0);
    EXPECT_EQ(db().value<int>("select last_value from pgmq.q_tasker_default_msg_id_seq"), 1);
}

TEST_F(WorkerRun, HandlersSeeTheirStepAndTheNumberOfTheAttempt) {
    register_template(R"(
name: about
version: 2.3.4
steps:
  - {name: only, handler: {callable: about, method: me, initialization: {a: 1}}, timeout_seconds: 60,
     retry: {max_attempts: 4}}
)");
    running_worker w{options(), [](worker& to) {
                         to.handle("about", [](step_context const& step) -> step_result {
                             return json{{"task", step.task().to_string()},
                                         {"namespace", step.name_space()},
                                         {"template", step.template_name()},
                                         {"version", step.template_version()},
                                         {"handler", step.handler()},
                                         {"method", step.method()},
                                         {"attempt", step.attempt()},
                                         {"max_attempts", step.max_attempts()},
                                         {"has_deadline", step.deadline().has_value()},
                                         {"parents", step.parents()},
                                         {"key", step.idempotency_key()}};
                         });
                     }};
    auto const id = create("about");
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"]["only"], json({{"task", id},
                                                {"namespace", "default"},
                                                {"template", "about"},
                                                {"version", "2.3.4"},
                                                {"handler", "about"},
                                                {"method", "me"},
                                                {"attempt", 1},
                                                {"max_attempts", 4},
                                                {"has_deadline", true},
                                                {"parents", json::object()},
                                                {"key", id + ":only"}}));
}

TEST_F(WorkerRun, HundredsOfTasksNeedFewCalls) {
    register_template(diamond);
    std::vector<std::string> ids;
    for (auto const& row : db().exec("select tasker.create_task('default', 'diamond', null, "
                                     "json_build_object('n', i)) from generate_series(1, 400) i")) {
        ids.push_back(row[0].as<std::string>());
    }
    running_worker w{options(), add_math};
    ASSERT_TRUE(db().wait_until(
        testing::soon(), "select count(*) = 400 from tasker.tasks where state = 'complete'"));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_EQ(task(ids[i])["result"], json({{"join", 212 + 2 * static_cast<int>(i)}}));
    }
    EXPECT_EQ(db().value<int>("select count(*) from tasker.steps where delivery <> 1"), 0);
    EXPECT_EQ(w.metric("tasker_worker_steps_total{outcome=\"success\"}"), 1'600);
    EXPECT_LT(w.metric("tasker_worker_report_steps_count"), 400);
    EXPECT_LT(w.metric("tasker_worker_claim_steps_count"), 100);
    EXPECT_GT(w.metric("process_cpu_seconds_total"), 0);
}

TEST_F(WorkerRun, HigherPriorityGoesFirst) {
    register_template(
        "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: note}}\n");
    std::vector<std::string> created;
    for (int const priority : {1, 2, 3, 4}) {
        created.push_back(create("one", {{"priority", priority}}, priority));
    }
    std::mutex mutex;
    std::vector<int> order;
    auto chosen = options();
    chosen.concurrency = 1;
    chosen.max_prefetch = 0;
    running_worker w{chosen, [&](worker& to) {
                         to.handle("note", [&](step_context const& step) -> step_result {
                             std::lock_guard const lock{mutex};
                             order.push_back(step.context().at("priority"));
                             return success();
                         });
                     }};
    for (auto const& id : created) {
        ASSERT_TRUE(wait_for_task(id, "complete"));
    }
    std::lock_guard const lock{mutex};
    EXPECT_THAT(order, ElementsAre(4, 3, 2, 1));
}

TEST_F(WorkerRun, StepsOfAHigherPriorityGoFirst) {
    register_template(
        "name: mixed\nversion: 1.0.0\nsteps:\n"
        "  - {name: root, handler: {callable: note}}\n"
        "  - {name: low, priority: 1, dependencies: [root], handler: {callable: note}}\n"
        "  - {name: high, priority: 3, dependencies: [root], handler: {callable: note}}\n"
        "  - {name: own, dependencies: [root], handler: {callable: note}}\n"
        "  - {name: normal, priority: 2, dependencies: [root], handler: {callable: note}}\n");
    auto const id = create("mixed", json::object(), 4);
    std::mutex mutex;
    std::vector<std::string> order;
    auto chosen = options();
    chosen.concurrency = 1;
    chosen.max_prefetch = 0;
    running_worker w{chosen, [&](worker& to) {
                         to.handle("note", [&](step_context const& step) -> step_result {
                             std::lock_guard const lock{mutex};
                             order.emplace_back(step.name());
                             return success();
                         });
                     }};
    ASSERT_TRUE(wait_for_task(id, "complete"));
    std::lock_guard const lock{mutex};
    EXPECT_THAT(order, ElementsAre("root", "own", "high", "normal", "low"));
    EXPECT_EQ(w.metric("tasker_worker_steps_received_total{by=\"continuation\"}"), 1);
}

TEST_F(WorkerRun, AWorkerThatRanOneShortStepLeavesMostStepsToOtherWorkers) {
    auto yaml = std::string{"name: fan_out\nversion: 1.0.0\nsteps:\n"
                            "  - {name: root, handler: {callable: short}}\n"};
    for (int i = 0; i < 60; ++i) {
        yaml += "  - {name: child_" + std::to_string(i) +
                ", handler: {callable: long}, dependencies: [root]}\n";
    }
    register_template(yaml);
    std::promise<void> started;
    std::promise<void> may_end;
    std::once_flag once;
    auto const end = may_end.get_future().share();
    auto chosen = options();
    chosen.concurrency = 1;
    running_worker w{chosen, [&](worker& to) {
                         to.handle("short", [](step_context const&) { return success(); });
                         to.handle("long", [&, end](step_context const&) {
                             std::call_once(once, [&] { started.set_value(); });
                             end.wait();
                             return success();
                         });
                     }};
    auto const id = create("fan_out");
    ASSERT_EQ(started.get_future().wait_until(testing::soon()), std::future_status::ready);
    EXPECT_LE(db().value<int>("select count(*) from tasker.steps where state = 'in_progress'"), 3);
    may_end.set_value();
    EXPECT_TRUE(wait_for_task(id, "complete"));
}

TEST_F(WorkerRun, UnknownHandlerFailsTheStepWithAClearMessage) {
    register_template("name: one\nversion: 1.0.0\nsteps:\n"
                      "  - {name: s, handler: {callable: missing}, retry: {max_attempts: 1}}\n");
    running_worker w{options(), [](worker&) {}};
    auto const id = create("one");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    auto const error = step(id, "s")["error"];
    EXPECT_EQ(error["type"], "unknown_handler");
    EXPECT_THAT(error["message"].get<std::string>(),
                ::testing::StartsWith("this worker has no handler \"missing\""));
}

TEST_F(WorkerRun, ResultThatTheDatabaseRefusesFailsItsStepAlone) {
    register_template(
        "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: raw}}\n");
    auto const broken = create("one", {{"text", "{not json"}});
    std::vector<std::string> sound;
    sound.reserve(20);
    for (int i = 0; i < 20; ++i) {
        sound.push_back(create("one", {{"text", std::to_string(i)}}));
    }
    running_worker w{options(), [](worker& to) {
                         to.handle("raw", [](step_context const& step) -> step_result {
                             return step_result::from_json_text(step.context().at("text"));
                         });
                     }};
    ASSERT_TRUE(wait_for_task(broken, "failed"));
    EXPECT_EQ(step(broken, "s")["error"]["type"], "invalid_result");
    for (std::size_t i = 0; i < sound.size(); ++i) {
        ASSERT_TRUE(wait_for_task(sound[i], "complete"));
        EXPECT_EQ(task(sound[i])["result"]["s"], i);
    }
}

TEST_F(WorkerRun, ReportThatAlwaysFailsInTheDatabaseDelaysNoOther) {
    register_template(
        "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: raw}}\n");
    db().exec("create function fail_on_poison() returns trigger language plpgsql as $$ begin "
              "if new.result::text like '%poison%' then "
              "raise 'out of memory' using errcode = '53200'; end if; return new; end $$");
    db().exec("create trigger poison before update on tasker.steps "
              "for each row execute function fail_on_poison()");
    std::vector<std::string> ids;
    ids.reserve(21);
    for (int i = 0; i < 21; ++i) {
        ids.push_back(create("one", {{"text", i == 10 ? R"("poison")" : "1"}}));
    }
    running_worker w{options(), [](worker& to) {
                         to.handle("raw", [](step_context const& step) -> step_result {
                             return step_result::from_json_text(step.context().at("text"));
                         });
                     }};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_TRUE(i == 10 || wait_for_task(ids[i], "complete")) << i;
    }
    EXPECT_EQ(step(ids[10], "s")["state"], "in_progress");
    db().exec("drop trigger poison on tasker.steps");
    EXPECT_TRUE(wait_for_task(ids[10], "complete"));
}

TEST_F(WorkerRun, NamesOfBuiltInHandlersAreReserved) {
    worker w{options()};
    EXPECT_THROW(w.handle("tasker.mine", [](auto const&) { return success(); }),
                 std::invalid_argument);
}

TEST_F(WorkerRun, InvalidSettingsAreRefused) {
    auto chosen = options();
    chosen.concurrency = 0;
    EXPECT_THROW(worker{chosen}, std::invalid_argument);
}

constexpr auto* with_inputs = R"(
name: with_inputs
version: 1.0.0
steps:
  - {name: price, handler: {callable: math.price}}
  - name: show
    handler: {callable: tasker.echo}
    dependencies: [price]
    inputs: {total: "${parents/price/total}", text: "n = ${context/n}"}
    result_schema: {required: [inputs], properties: {inputs: {required: [total]}}}
  - name: checked
    handler: {callable: math.price}
    result_schema: {properties: {total: {type: integer}}}
    allow_failure: true
  - name: unmapped
    handler: {callable: tasker.noop}
    inputs: {x: "${context/absent}"}
    allow_failure: true
)";

TEST_F(WorkerRun, InputsAndResultSchemasOfATemplateAreApplied) {
    register_template(with_inputs);
    running_worker w{options(), [](worker& to) {
                         to.handle("math.price", [](step_context const&) {
                             return step_result::from_json_text(R"({"total":1.10})");
                         });
                     }};
    auto const id = create("with_inputs", {{"n", 5}});
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(step(id, "show")["result"]["inputs"], json({{"total", 1.10}, {"text", "n = 5"}}));
    EXPECT_EQ(step(id, "checked")["error"]["type"], "invalid_result");
    EXPECT_EQ(step(id, "checked")["error"]["message"],
              "the result does not match result_schema: result.total: must be a whole number, not "
              "a number");
    EXPECT_EQ(step(id, "unmapped")["error"]["type"], "invalid_inputs");
    EXPECT_EQ(step(id, "unmapped")["attempts"], 1);
}

} // namespace
} // namespace tasker::worker
