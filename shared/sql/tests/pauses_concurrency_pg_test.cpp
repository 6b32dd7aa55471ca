#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <pqxx/pqxx>

#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <random>
#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

constexpr int tasks = 60;
constexpr int pauses = 80;

/// Claims and reports in one session, as a worker does.
constexpr auto work = R"(
    select count(f.*) from (
        select array_agg(c.task_id) as tasks, array_agg(c.step_no) as steps,
               array_agg(c.delivery) as deliveries, array_agg(c.msg_id) as msg_ids,
               count(*)::int as steps_claimed
        from tasker.claim_steps('{tasker_default}', 1, 30, 8, 1) c) h
    cross join lateral tasker.finish_steps(
        'tasker_default', 1, 30, 0, h.tasks, h.steps, h.deliveries, h.msg_ids,
        array_fill('success'::tasker.outcome, array[h.steps_claimed]),
        array_fill('1'::text, array[h.steps_claimed]),
        array_fill(null::int, array[h.steps_claimed]),
        array_fill(0, array[h.steps_claimed])) f
    where h.tasks is not null)";

/// Repeats the call in a separate session until `stop`. Returns the error, or "".
std::string repeat(std::string const& dsn, std::atomic<bool> const& stop,
                   std::function<std::string()> const& call) {
    pqxx::connection session{dsn};
    try {
        while (!stop) {
            pqxx::nontransaction once{session};
            once.exec(call());
        }
    } catch (std::exception const& failed) {
        return failed.what();
    }
    return "";
}

TEST(PausesConcurrency, ClaimsReportsTimersAndPausesNeverDeadlockAndLoseNothing) {
    workflow_database w;
    auto const id =
        w.register_yaml("t", "  - {name: a, handler: {callable: h}}\n"
                             "  - {name: s, dependencies: [a], sleep: {seconds: 0.001}}\n"
                             "  - {name: b, dependencies: [s], handler: {callable: h}}\n"
                             "timeout_seconds: 600\n");
    std::vector<std::string> ids(tasks);
    for (auto& each : ids) {
        each = w.create(id);
    }
    std::atomic<bool> stop = false;
    auto const dsn = w.db().dsn();
    std::vector<std::future<std::string>> sessions;
    for (std::string const call : {work, work, "select tasker.fire_timers(3)"}) {
        sessions.push_back(std::async(std::launch::async, [&, call] {
            return repeat(dsn, stop, [&] { return std::string{call}; });
        }));
    }
    std::mt19937 random{1}; // NOLINT(cert-msc32-c,cert-msc51-cpp)
    for (int i = 0; i < pauses; ++i) {
        std::string const scopes[]{fmt::format("_task('{}')", ids[random() % ids.size()]),
                                   "_tasks('default', 't')", "_tasks('default', null)",
                                   "_tasks(null, null)"};
        auto const& scope = scopes[random() % std::size(scopes)];
        try {
            w.db().exec("select tasker.pause" + scope);
        } catch (pqxx::sql_error const& refused) {
            EXPECT_THAT(refused.what(), ::testing::HasSubstr("only a task that has not ended"));
        }
        w.create(id);
        w.db().exec("select tasker.resume" + scope);
    }
    EXPECT_TRUE(w.db().wait_until(tasker::testing::soon(),
                                  "select not exists (select from tasker.tasks "
                                  "where finished_at is null)"));
    stop = true;
    for (auto& session : sessions) {
        EXPECT_EQ(session.get(), "");
    }
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.tasks where state = 'complete'"),
              tasks + pauses);
    // The end of a task leaves the timer of its time limit if the end of a pause has locked it.
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.timers where kind <> 'task_deadline'"),
              0);
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.steps where lost_leases > 0"), 0);
}

} // namespace
} // namespace tasker::sql::testing
