#include "tasker/measure/bench.hpp"
#include "tasker/measure/processes.hpp"
#include "tasker/measure/server_errors.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

namespace {

using namespace tasker::measure;
using std::chrono::seconds;
using tasker::deadline;
using tasker::steady_clock;

constexpr int lease_s = 3;

/// Steps that take a while, so that a worker that is killed holds some.
shape workflow() {
    return sleeping(20, "diamond4");
}

/// Creates tasks that are due at a steady pace, each with its own key, and repeats a request with
/// the same key until there is an answer: every acknowledged task must exist.
class feeder {
public:
    feeder(address at, double tasks_per_s)
        : at_{std::move(at)},
          pace_{std::chrono::duration_cast<steady_clock::duration>(
              std::chrono::duration<double>{1.0 / tasks_per_s})} {}

    void run_until(deadline end) {
        auto due = steady_clock::now();
        std::optional<http_connection> connection;
        auto const context = context_of(1'000);
        auto const flow = workflow();
        while (steady_clock::now() < end) {
            std::this_thread::sleep_until(due);
            auto const number = created_.load();
            auto const request =
                flow.creation(context, fmt::format(R"(,"priority":{},"idempotency_key":"soak-{}")",
                                                   1 + number % 4, number));
            try {
                if (!connection) {
                    connection.emplace(at_);
                }
                auto const status = connection->exchange(request).status;
                if (status == 200 || status == 201) {
                    ++created_;
                    latencies_ms_.push_back(ms_since(due));
                    due += pace_;
                    continue;
                }
                ++refused_;
            } catch (std::exception const&) {
                ++broken_;
                connection.reset();
            }
            std::this_thread::sleep_for(pace_);
        }
    }

    /// From the time that each was due, so that the wait behind a slow one counts.
    std::vector<double> const& latencies_ms() const noexcept {
        return latencies_ms_;
    }

    /// A request that must be refused: does the counter move?
    void provoke_error() {
        http_connection connection{at_};
        auto const answer = connection.exchange(
            make_request("POST", "/v1/tasks", "application/json", R"({"name":"no-such"})"));
        refused_ += answer.status == 201 ? 0 : 1;
    }

    std::size_t created() const noexcept {
        return created_;
    }
    /// Answers other than success, and connections lost.
    std::size_t errors() const noexcept {
        return refused_ + broken_;
    }

private:
    address at_;
    steady_clock::duration pace_;
    std::vector<double> latencies_ms_;
    std::atomic<std::size_t> created_ = 0;
    std::atomic<std::size_t> refused_ = 0;
    std::atomic<std::size_t> broken_ = 0;
};

/// Steps that were claimed more than once: a worker lost them.
std::size_t repeated_steps(engine& on) {
    pqxx::connection session{on.dsn()}; // a new session: the server may have been restarted
    return pqxx::nontransaction{session}
        .exec("select count(*) from tasker.steps where delivery > 1")[0][0]
        .as<std::size_t>();
}

/// Each kind of fault once, evenly over the time.
void inject_faults(bench& on, seconds duration) {
    auto& programs = on.programs();
    auto const part = std::chrono::duration_cast<std::chrono::milliseconds>(duration) / 4;
    std::this_thread::sleep_for(part);
    on.progress("fault: a worker is killed");
    programs.kill_worker(0);
    programs.start_workers(1, {.concurrency = 16, .lease_seconds = lease_s});
    std::this_thread::sleep_for(part);
    on.progress("fault: the listeners' connections are dropped");
    auto const dropped =
        programs
            .row("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                 "where datname = current_database() and query ~ '^(listen|select tasker.want)'")[0]
            .as<int>();
    on.require(dropped > 0, "no listener was there to be dropped");
    std::this_thread::sleep_for(part);
    on.progress("fault: the database is restarted");
    programs.server()
        .restart(tasker::private_postgres::shutdown::fast, steady_clock::now() + seconds{60})
        .value();
    std::this_thread::sleep_for(part);
}

/// Every task that was acknowledged is there once and complete, each step with one result.
void check(bench& on, std::string const& name, std::size_t created) {
    pqxx::connection session{on.programs().dsn()};
    pqxx::nontransaction query{session};
    // Each task by its key. The last request may have been carried out without an answer.
    auto const row = query.exec(
        "with each as (select t.task_id, t.idempotency_key as key, t.state::text,"
        "   count(s.step_no) as steps, count(*) filter (where s.state = 'complete') as complete"
        "  from tasker.tasks t left join tasker.steps s using (task_id) group by t.task_id),"
        " by_key as (select key, count(*) as tasks, bool_and(state = 'complete') as is_complete,"
        "   bool_and(steps = 4 and complete = 4) as is_whole from each group by key)"
        " select count(*) filter (where b.key is null), count(*) filter (where b.tasks > 1),"
        "   count(*) filter (where not b.is_complete), count(*) filter (where not b.is_whole),"
        "   (select count(*) from each)"
        " from generate_series(0, " +
        std::to_string(created - 1) + ") n left join by_key b on b.key = 'soak-' || n")[0];
    auto const of = [&](int column) { return row[column].as<std::size_t>(); };
    auto const problems = fmt::format(
        "{}: of {} acknowledged tasks {} are lost, {} doubled, {} not complete, {} have other than "
        "4 complete steps; {} tasks exist",
        name, created, of(0), of(1), of(2), of(3), of(4));
    on.prove(of(0) + of(1) + of(2) + of(3) == 0 && of(4) - created <= 1,
             fmt::format("{}: nothing lost, nothing doubled: {} tasks checked one by one", name,
                         created),
             problems);
}

void wait_for_all(engine& on) {
    auto const end = steady_clock::now() + seconds{90};
    pqxx::connection session{on.dsn()};
    pqxx::nontransaction query{session};
    while (steady_clock::now() < end) {
        auto const open = query.exec("select count(*) from tasker.tasks where state <> 'complete'");
        if (open[0][0].as<int>() == 0) {
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

void soak(bench& on, bool with_faults, seconds duration, double pace) {
    std::string const name = with_faults ? "with faults" : "without faults";
    if (!on.wants(name)) {
        return;
    }
    auto& programs = on.programs();
    programs.reset();
    programs.register_template(workflow());
    programs.start_workers(2, {.concurrency = 16, .lease_seconds = lease_s});
    server_errors const errors{programs};
    auto const cpu_before = programs.cpu();
    double const memory_before = memory_of(programs.orchestrator_pid()).now_mb;
    feeder feed{programs.orchestrator(), pace};
    auto const start = steady_clock::now();
    std::thread feeding{[&] { feed.run_until(start + duration); }};
    if (with_faults) {
        inject_faults(on, duration);
    }
    feeding.join();
    wait_for_all(programs);
    double const took = ms_since(start) / 1'000;
    auto const cpu = programs.cpu() - cpu_before;
    check(on, name, feed.created());
    on.add("creation " + name, feed.latencies_ms());
    on.add("tasks " + name, static_cast<double>(feed.created()) / took, "/s");
    on.add_figure("errors " + name,
                  100 * static_cast<double>(feed.errors()) / static_cast<double>(feed.created()),
                  "%");
    auto const repeated = static_cast<double>(repeated_steps(programs));
    on.add_figure("steps repeated " + name, repeated, "");
    double const growth = memory_of(programs.orchestrator_pid()).now_mb - memory_before;
    on.count("tasks " + name, "orchestrator's growth, MB", growth);
    on.count("tasks " + name, "tasks completed", feed.created());
    on.count("tasks " + name, "requests failed", feed.errors());
    on.count("tasks " + name, "% of a core for the orchestrator", 100 * cpu.orchestrator / took);
    if (!with_faults) { // a process that ended takes its count along
        on.count("tasks " + name, "% of a core for PostgreSQL", 100 * cpu.postgres / took);
        on.count("tasks " + name, "% of a core for the workers", 100 * cpu.worker / took);
    }
    if (with_faults) {
        on.require(repeated > 0,
                   "a worker was killed, and the counter of repeated steps did not move");
        auto const states = errors.by_state();
        on.require(states.contains("57P01"),
                   "sessions were ended, and the counter of the server's errors did not move");
        auto const before = feed.errors();
        feed.provoke_error();
        on.require(feed.errors() == before + 1,
                   "a request was refused, and the error counter did not move");
    }
}

void measure_all(bench& on) {
    auto const duration =
        on.options().duration.value_or(seconds{static_cast<long>(on.sized(30, 16, 8))});
    auto const pace = static_cast<double>(on.options().rate.value_or(200));
    on.setting("load", fmt::format("{} diamonds a second for {} s, of all priorities, with 1 KB of "
                                   "context; then again with faults",
                                   pace, duration.count()));
    on.setting("creation", "from the time that it was due to the answer");
    on.setting("faults", "a worker killed (SIGKILL), the listeners' sessions ended, the database "
                         "restarted (fast)");
    on.setting("check",
               "every acknowledged task is there once and complete, each step with one result");
    static_cast<void>(on.programs().server());
    on.repeat_full(1); // a soak needs time, not repetitions
    while (on.next_repetition()) {
        soak(on, false, duration, pace);
        soak(on, true, duration, pace);
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "soak", "Steady load for a while, then with faults.", measure_all,
                      {.duration = true, .rate = true, .config = true});
}
