#include "engine_dag.hpp"
#include "engine_processes.hpp"

#include "tasker/testing/own_cluster.hpp"
#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

namespace tasker::engine {
namespace {

using model::task_state;
using numbers = std::map<std::string, std::int64_t>;

/// A step that is held on the stage, and one after it.
constexpr char const* held_template = R"({"name":"held","version":"1.0.0","steps":[
    {"name":"held","handler":{"callable":"stage.play"},
     "retry":{"max_attempts":2,"backoff":"none"}},
    {"name":"after","handler":{"callable":"math.add","initialization":{"operand":1}},
     "dependencies":["held"]}]})";

/// The shortest lease that a worker accepts.
constexpr char const* short_lease = "--lease-seconds=3";

TEST(EngineFaults, KilledWorkerCostsALeaseAndNoStep) {
    testing::test_database const database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    auto& doomed = engine.start_test_worker({"--name=doomed", short_lease});
    auto client = engine.connect();
    register_template(client, held_template);
    std::set<std::string> tasks;
    for (int i = 0; i < 3; ++i) {
        tasks.insert(create_task(client, "held").to_string());
    }
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(engine.on_stage().next(soon()).delivery(), 1);
    }
    doomed.kill();
    engine.start_test_worker({"--name=successor", short_lease});

    std::set<std::string> again;
    for (int i = 0; i < 3; ++i) {
        auto step = engine.on_stage().next(soon());
        EXPECT_GE(step.delivery(), 2);
        again.insert(step.task());
        step.answer(R"({"result":41})");
    }
    EXPECT_EQ(again, tasks);
    for (auto const& id : tasks) {
        auto const task = wait_until_finished(client, task_id::parse(id).value());
        EXPECT_EQ(task.state, task_state::complete);
        EXPECT_EQ(numbers_in(task), (numbers{{"after", 42}}));
        EXPECT_EQ(steps_of(client, task.id).at("held").worker, "successor");
    }
}

TEST(EngineFaults, ResultOfAWorkerThatLostItsLeaseIsRefused) {
    testing::test_database const database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    auto& sleeper = engine.start_test_worker({"--name=sleeper", short_lease});
    auto client = engine.connect();
    register_template(client, held_template);
    auto const id = create_task(client, "held");
    auto late = engine.on_stage().next(soon());
    sleeper.process().send(SIGSTOP);
    engine.start_test_worker({"--name=successor", short_lease});
    auto successor = engine.on_stage().next(soon());
    EXPECT_EQ(successor.delivery(), 2);

    late.answer(R"({"result":1})");
    sleeper.process().send(SIGCONT);
    ASSERT_TRUE(late.wait_until_gone(soon()));
    successor.answer(R"({"result":2})");
    auto const task = wait_until_finished(client, id);
    EXPECT_EQ(numbers_in(task), (numbers{{"after", 3}}));
    EXPECT_EQ(steps_of(client, id).at("held").deliveries, 2);
    EXPECT_EQ(sleeper.stop(), (process::exit_status{.code = 0, .signal = 0}));
    EXPECT_EQ(numbers_in(client.get_task(id).value()), (numbers{{"after", 3}}));
}

TEST(EngineFaults, StoppedWorkerFinishesItsRunningSteps) {
    testing::test_database const database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    auto& leaving = engine.start_test_worker({"--name=leaving"});
    auto client = engine.connect();
    register_template(client, held_template);
    auto const id = create_task(client, "held");
    auto step = engine.on_stage().next(soon());
    leaving.process().send(SIGTERM);
    step.answer(R"({"result":1})");
    EXPECT_EQ(leaving.process().wait(soon()).value(),
              (process::exit_status{.code = 0, .signal = 0}));
    EXPECT_EQ(steps_of(client, id).at("held").state, model::step_state::complete);

    engine.start_test_worker({"--name=successor"});
    EXPECT_EQ(numbers_in(wait_until_finished(client, id)), (numbers{{"after", 2}}));
    EXPECT_EQ(steps_of(client, id).at("held").attempts, 1);
}

TEST(EngineFaults, KilledOrchestratorDelaysOnlyItsResponses) {
    testing::test_database const database;
    programs engine{database.dsn()};
    auto& doomed = engine.start_orchestrator();
    engine.start_test_worker();
    auto client = engine.connect();
    register_template(client, held_template);
    auto const id = create_task(client, "held");
    auto step = engine.on_stage().next(soon());
    doomed.kill();
    // The retry is scheduled while no orchestrator runs to enqueue it.
    step.answer(R"({"retry":"once more"})");
    ASSERT_TRUE(step.wait_until_gone(soon()));

    engine.start_orchestrator();
    auto again = engine.on_stage().next(soon());
    EXPECT_EQ(again.delivery(), 2);
    again.answer(R"({"result":9})");
    auto survivor = engine.connect(1);
    EXPECT_EQ(numbers_in(wait_until_finished(survivor, id)), (numbers{{"after", 10}}));
}

/// Creates tasks with keys 0, 1, 2 … of the diamond, each until it is accepted.
std::vector<task_id> create_with_keys(programs const& engine, std::int64_t tasks) {
    auto client = engine.connect();
    std::vector<task_id> out;
    for (std::int64_t n = 0; n < tasks; ++n) {
        wire::create_task_request const request{.name = "diamond",
                                                .context = R"({"n":)" + std::to_string(n) + "}",
                                                .idempotency_key = std::to_string(n)};
        testing::wait_until(soon(), [&] {
            auto const created = client.create_task(request);
            if (created) {
                out.push_back(created->id);
            }
            return created.has_value();
        });
    }
    return out;
}

/// Rows of accepted_results: one for each result that a step has taken.
constexpr char const* count_results = R"(
    create table public.accepted_results (task_id uuid not null, step_no int not null);
    create function public.note_result() returns trigger language plpgsql as
        $$ begin insert into public.accepted_results values (new.task_id, new.step_no);
           return null; end; $$;
    create trigger note_result after update of result on tasker.steps
        for each row when (new.result is not null) execute function public.note_result())";

/// A crash lies between its begin and its end.
struct outage {
    std::int64_t begin_ns;
    std::int64_t end_ns;
};

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               steady_clock::now().time_since_epoch())
        .count();
}

/// Claims are committed asynchronously, so a crash loses the latest ones, and their numbers
/// are used again. Each crash may do that once to a step; nothing else may.
void expect_numbers_repeat_only_across(std::vector<outage> const& outages,
                                       std::vector<journal_line> journal) {
    std::ranges::sort(journal, {}, &journal_line::begin_ns);
    std::map<std::tuple<std::string, std::string, int>, std::vector<journal_line>> runs;
    for (auto const& line : journal) {
        auto& earlier = runs[{line.task, line.step, line.delivery}];
        bool const is_first = earlier.empty();
        bool const is_across = std::ranges::any_of(outages, [&](outage const& each) {
            return !is_first && earlier.back().begin_ns < each.end_ns &&
                   line.begin_ns > each.begin_ns;
        });
        EXPECT_TRUE(is_first || is_across)
            << line.step << " of " << line.task << " ran twice as delivery " << line.delivery;
        earlier.push_back(line);
        EXPECT_LE(earlier.size(), outages.size() + 1) << line.step << " of " << line.task;
    }
}

TEST(EngineFaults, CrashOfTheDatabaseLosesAndDuplicatesNothing) {
    constexpr std::int64_t tasks = 300;
    testing::own_cluster database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    engine.start_test_worker({short_lease});
    engine.start_test_worker({short_lease});
    auto client = engine.connect();
    arithmetic_dag const diamond{.name = "diamond",
                                 .steps = {{"start", operation::square, 0, {}},
                                           {"left", operation::add, 5, {0}},
                                           {"right", operation::multiply, 3, {0}},
                                           {"join", operation::add, 1, {1, 2}}}};
    register_template(client, template_json(diamond));
    database.exec(count_results);

    std::vector<task_id> ids;
    std::vector<outage> outages;
    std::thread creator{[&] { ids = create_with_keys(engine, tasks); }};
    for (auto const mode :
         {private_postgres::shutdown::immediate, private_postgres::shutdown::crash}) {
        auto const before = engine.journal().size();
        EXPECT_TRUE(
            testing::wait_until(soon(), [&] { return engine.journal().size() > before + 100; }));
        auto const begin = now_ns();
        database.restart(mode);
        outages.push_back({begin, now_ns()});
    }
    creator.join();

    ASSERT_EQ(ids.size(), tasks);
    EXPECT_EQ((std::set<task_id>{ids.begin(), ids.end()}).size(), tasks);
    for (std::int64_t n = 0; n < tasks; ++n) {
        auto const id = ids[static_cast<std::size_t>(n)];
        EXPECT_TRUE(testing::wait_until(
            soon(), [&] { return client.wait(id, std::chrono::seconds{30}).has_value(); }));
        auto const task = client.get_task(id).value();
        EXPECT_EQ(task.state, task_state::complete);
        EXPECT_EQ(numbers_in(task), leaves_of(diamond, interpret(diamond, n)));
    }
    auto const counts =
        database.exec("select (select count(*) from tasker.tasks), count(*), "
                      "count(*) filter (where state = 'complete') from tasker.steps");
    EXPECT_EQ(counts[0][0].as<std::int64_t>(), tasks);
    EXPECT_EQ(counts[0][1].as<std::int64_t>(), tasks * 4);
    EXPECT_EQ(counts[0][2].as<std::int64_t>(), tasks * 4);
    auto const accepted = database.exec("select count(*), count(distinct (task_id, step_no)) "
                                        "from public.accepted_results");
    EXPECT_EQ(accepted[0][0].as<std::int64_t>(), tasks * 4);
    EXPECT_EQ(accepted[0][1].as<std::int64_t>(), tasks * 4);
    expect_numbers_repeat_only_across(outages, engine.journal());
}

} // namespace
} // namespace tasker::engine
