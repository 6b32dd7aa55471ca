#include "handlers.hpp"

#include "claimer.hpp"
#include "reporter.hpp"
#include "step_flow.hpp"

#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <thread>

namespace {

using namespace tasker::measure;
using namespace tasker;

constexpr std::size_t bytes = 1'000; ///< of a context, and of a parent's and a step's own result
constexpr std::size_t warm_up = 5;   ///< rounds
std::array<std::string, 4> const parts{"claim", "execute", "submit", "total"};

struct work {
    std::string name;
    std::function<nlohmann::json()> run; ///< in addition to reading all inputs
};

/// The worker's own claimer, step flow with its pool, and reporter, on the connections that the
/// worker makes for them. Stepped: each round claims, then runs, then reports.
class stepped_worker {
public:
    stepped_worker(std::string const& dsn, worker_id self, worker::settings const& options,
                   work const& what)
        : claims_on_{io_.get_executor(), {.connect = {.dsn = dsn, .durable_commits = false}}},
          reports_on_{io_.get_executor(), {.connect = {.dsn = dsn}}},
          handlers_{std::make_shared<worker::handler_registry>()},
          self_{self, std::chrono::seconds{options.lease_seconds}},
          flow_{io_.get_executor(), options, add(what), metrics_},
          claimer_{flow_, claims_on_, self_, std::chrono::milliseconds{options.poll_ms}, metrics_} {
        flow_.reserve(all_slots);
        spawn(claimer_.run_until_stopped());
    }
    stepped_worker(stepped_worker const&) = delete;
    stepped_worker& operator=(stepped_worker const&) = delete;
    ~stepped_worker() { // NOLINT(bugprone-exception-escape): throws only where memory ends
        flow_.close();
        flow_.claims.ring();
        pump([&] { return running_ == 0; });
    }

    /// Where the time of a round went, in ms.
    struct parts {
        std::size_t steps;
        double claim;
        double execute;
        double submit;
    };

    parts round() {
        auto const done = ran_.load();
        flow_.unreserve(all_slots);
        flow_.queues.announce_all();
        flow_.claims.ring();
        pump([&] { return flow_.in_pool() > 0; });
        flow_.reserve(all_slots);
        auto const claimed = steady_clock::now();
        auto const mine = flow_.held();
        auto const asked = mine.front()->leased_at;
        parts out{.steps = flow_.in_pool(), .claim = 0, .execute = 0, .submit = 0};
        for (auto seen = ran_.load(); seen < done + out.steps; seen = ran_.load()) {
            ran_.wait(seen);
        }
        auto const executed = steady_clock::now();
        worker::reporter reports{flow_, reports_on_, self_, metrics_};
        reports.stop();
        // A lane ends when no result is left; the last one may arrive a moment after its handler.
        for (auto const others = running_; holds_any_of(mine);) {
            spawn(reports.run_lane_until_stopped());
            pump([&] { return running_ == others; });
        }
        auto const stored = steady_clock::now();
        auto const ms = [](deadline from, deadline to) {
            return std::chrono::duration<double, std::milli>{to - from}.count();
        };
        out.claim = ms(asked, claimed);
        out.execute = ms(claimed, executed);
        out.submit = ms(executed, stored);
        return out;
    }

    std::size_t handlers_run() const noexcept {
        return ran_;
    }

    /// All loops at a time, as in the worker's process, until so many handlers have returned.
    void drain(std::size_t steps, std::size_t lanes) {
        flow_.unreserve(all_slots);
        worker::reporter reports{flow_, reports_on_, self_, metrics_};
        auto const others = running_;
        for (std::size_t i = 0; i < lanes; ++i) {
            spawn(reports.run_lane_until_stopped());
        }
        auto const end = ran_ + steps;
        flow_.queues.announce_all();
        flow_.claims.ring();
        pump([&] { return ran_ >= end && flow_.holds_nothing(); });
        reports.stop();
        pump([&] { return running_ == others; });
    }

private:
    /// While they are reserved, the claimer claims nothing.
    static constexpr std::size_t all_slots = 1'000'000;

    std::shared_ptr<worker::handler_registry const> add(work const& what) {
        handlers_->add("bench.work", [this, &what](worker::step_context const& step) {
            // Also if it throws: check() finds the failure.
            std::unique_ptr<void, std::function<void(void*)>> const counted{this, [this](void*) {
                                                                                ++ran_;
                                                                                ran_.notify_one();
                                                                            }};
            auto out = step.parents().at("s0");
            out["order"] = step.context().at("order");
            out["own"] = what.run();
            return worker::step_result{std::move(out)};
        });
        return handlers_;
    }

    bool holds_any_of(std::vector<std::shared_ptr<worker::execution>> const& steps) const {
        auto const held = flow_.held();
        return std::ranges::any_of(
            steps, [&](auto const& each) { return std::ranges::find(held, each) != held.end(); });
    }

    void spawn(boost::asio::awaitable<void> loop) {
        ++running_;
        boost::asio::co_spawn(io_, std::move(loop), [this](std::exception_ptr const& thrown) {
            --running_;
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        });
    }

    template <class Condition>
    void pump(Condition const& is_met) {
        auto const until = session::soon();
        while (!is_met()) {
            ensure(io_.run_one_until(until) != 0 || steady_clock::now() <= until,
                   "the worker got no further in two minutes");
        }
    }

    boost::asio::io_context io_{1};
    std::atomic<std::size_t> ran_ = 0;
    std::size_t running_ = 0;
    worker::metrics metrics_{{"bench.work"}};
    pg::pool claims_on_;
    pg::pool reports_on_;
    std::shared_ptr<worker::handler_registry> handlers_;
    worker::identity self_;
    worker::step_flow flow_;
    worker::claimer claimer_;
};

/// Chains of two, whose first step is complete: the second has a context and a parent's result.
void prepare(stage& core, std::size_t steps) {
    auto const context = nlohmann::json::parse(context_of(bytes));
    auto with_order = context;
    with_order["order"] = 17;
    core.create_many(steps, with_order.dump());
    ensure(core.work_off(steps, context.dump()) == steps, "the first steps could not be finished");
}

/// Every second step has the result that its handler made of its inputs, the tasks are complete,
/// and no message is left.
void check(bench& on, std::string const& name, nlohmann::json const& own, std::size_t steps) {
    pqxx::nontransaction query{on.programs().database()};
    auto const row = query.exec(
        "select count(*) filter (where s.state = 'complete' and s.delivery = 1 and s.result::jsonb "
        "="
        "  p.result::jsonb || jsonb_build_object('order', 17, 'own', " +
        query.quote(own.dump()) +
        "::jsonb)), count(*) filter (where t.state = 'complete'), count(*),"
        " (select count(*) from pgmq.q_tasker_bench)"
        " from tasker.tasks t join tasker.steps p on p.task_id = t.task_id and p.step_no = 0"
        " left join tasker.steps s on s.task_id = t.task_id and s.step_no = 1")[0];
    auto const is = [&](int column, std::size_t value) {
        return row[column].as<std::size_t>() == value;
    };
    on.require(
        is(0, steps) && is(1, steps) && is(2, steps) && is(3, 0),
        fmt::format("{}: of {} steps {} have their result after one delivery, {} of {} tasks "
                    "are complete, {} messages are left in the queue",
                    name, steps, row[0].c_str(), row[1].c_str(), row[2].c_str(), row[3].c_str()));
}

void require_once_each(bench& on, std::string const& name, stepped_worker const& worker,
                       std::size_t steps) {
    on.require(worker.handlers_run() == steps, fmt::format("{}: handlers ran {} times for {} steps",
                                                           name, worker.handlers_run(), steps));
}

void measure_rounds(bench& on, work const& what, std::size_t batch, std::size_t rounds) {
    auto const suffix = fmt::format(", {}, batch {}", what.name, batch);
    if (std::ranges::none_of(parts, [&](auto const& part) { return on.wants(part + suffix); })) {
        return;
    }
    on.programs().reset_database();
    auto graph = chain(2);
    graph.handler = "bench.work";
    stage core{on.programs().dsn()};
    core.use(graph);
    // A worker claims for its threads and half of the steps that it may prefetch.
    worker::settings const options{.namespaces = {std::string{bench_namespace}},
                                   .concurrency = 1,
                                   .max_prefetch = 2 * static_cast<std::int64_t>(batch) - 2};
    auto const steps = (rounds + warm_up) * batch;
    prepare(core, steps);
    std::size_t done = 0;
    {
        stepped_worker under_test{on.programs().dsn(), core.worker(), options, what};
        while (done < steps) {
            auto const got = under_test.round();
            done += got.steps;
            if (done <= warm_up * batch) {
                continue;
            }
            auto const by_step = [&](double ms) { return ms / static_cast<double>(got.steps); };
            on.add(parts[0] + suffix, by_step(got.claim));
            on.add(parts[1] + suffix, by_step(got.execute));
            on.add(parts[2] + suffix, by_step(got.submit));
            on.add(parts[3] + suffix, by_step(got.claim + got.execute + got.submit));
            on.count("total" + suffix, "steps in a round", got.steps);
        }
        require_once_each(on, "total" + suffix, under_test, steps);
    }
    check(on, "total" + suffix, what.run(), steps);
    on.progress(fmt::format("total{}: {:.3f} ms a step", suffix, on.last_median("total" + suffix)));
}

/// The loops overlap: what the worker's process does with a backlog.
void measure_drain(bench& on, work const& what, std::size_t steps) {
    auto const name = "all loops, " + what.name;
    if (!on.wants(name)) {
        return;
    }
    on.programs().reset_database();
    auto graph = chain(2);
    graph.handler = "bench.work";
    stage core{on.programs().dsn()};
    core.use(graph);
    prepare(core, steps);
    {
        worker::settings const options{.namespaces = {std::string{bench_namespace}}};
        stepped_worker under_test{on.programs().dsn(), core.worker(), options, what};
        auto const took = timed([&] {
            under_test.drain(steps, static_cast<std::size_t>(options.database.report_connections));
        });
        auto const count = static_cast<double>(steps);
        on.add(name, count / took.ms * 1'000, "/s");
        on.count(name, "allocations by step", static_cast<double>(took.made->count) / count);
        on.count(name, "bytes allocated by step", static_cast<double>(took.made->bytes) / count);
        require_once_each(on, name, under_test, steps);
    }
    check(on, name, what.run(), steps);
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.require_private();
    programs.stop_orchestrator();
    auto const dsn = programs.server().dsn();
    std::vector<work> const kinds{
        {"no-op", [] { return nlohmann::json(nullptr); }},
        {"calculation", [] { return nlohmann::json(suites::calculate(17)); }},
        {"database",
         [dsn] {
             thread_local pqxx::connection session{dsn};
             pqxx::nontransaction query{session};
             return nlohmann::json(
                 query.exec("select count(*) from pg_class where relname = 'pg_class'")[0][0]
                     .as<int>());
         }},
    };
    on.setting("code", "the worker's own claimer, step flow, thread pool and reporter, in this "
                       "process; stepped: claim, then run, then submit; all loops: overlapping");
    on.setting("steps", "enqueued in advance, each with a context of 1 KB and a parent's result of "
                        "1 KB, which the handler reads; its result has 1 KB");
    on.setting("check", "every result against its inputs, every task, the queue");
    on.setting("unit", "each part of a round divided by its steps");
    on.setting("warm-up", "the steps of 5 rounds of each case, dropped; all loops: none");
    on.repeat_full(6);
    while (on.next_repetition()) {
        for (auto const& each : kinds) {
            for (auto const& [batch, rounds] : {std::pair{std::size_t{1}, on.sized(100, 60, 10)},
                                                std::pair{std::size_t{100}, on.sized(20, 15, 3)}}) {
                measure_rounds(on, each, batch, rounds);
            }
            measure_drain(on, each, on.sized(3'000, 2'000, 500));
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "worker_execution",
                      "The worker's own loops: claim, execute, submit.", measure_all);
}
