#include "api_fixture.hpp"

#include "tasker/sql/migrator.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tasker::orchestration {
namespace {

using tasker::testing::soon;
using tasker::testing::test_database;
using ::testing::HasSubstr;

class Service : public Api {};

TEST_F(Service, HealthReportsEachCheck) {
    EXPECT_EQ(client_.get("/health/live").json().at("status"), "ok");
    EXPECT_EQ(client_.get("/health/ready").json().at("status"), "ok");
    EXPECT_TRUE(tasker::testing::wait_until(
        soon(), [&] { return client_.get("/health").json().at("status") == "ok"; }));
    auto const health = client_.get("/health").json();
    EXPECT_EQ(health.at("checks").at("database"), "ok");
    EXPECT_EQ(health.at("checks").at("notifications"), "ok");
    EXPECT_EQ(health.at("checks").at("workers"), "ok");
}

TEST_F(Service, HealthNamesTheNamespacesWhoseStepsNoWorkerTakes) {
    register_chain("chain");
    create("chain");
    database_.exec("update pgmq.q_tasker_default set vt = vt - interval '20 seconds'");
    ASSERT_TRUE(tasker::testing::wait_until(soon(), [&] {
        return client_.get("/health").json().at("checks").at("workers") == "missing";
    }));
    auto const health = client_.get("/health").json();
    EXPECT_EQ(health.at("status"), "degraded");
    EXPECT_EQ(health.at("unserved_namespaces"), nlohmann::json{"default"});
    EXPECT_EQ(client_.get("/health/ready").status, 200U);

    database_.exec("select tasker.register_worker('w', '{default}')");
    EXPECT_TRUE(tasker::testing::wait_until(
        soon(), [&] { return client_.get("/health").json().at("checks").at("workers") == "ok"; }));
}

TEST_F(Service, HealthReportsThatTheDatabaseIsReadOnly) {
    database_.exec(fmt::format("alter database {} set default_transaction_read_only = on",
                               database_.value<std::string>("select current_database()")));
    database_.exec("select pg_terminate_backend(pid) from pg_stat_activity "
                   "where datname = current_database() and pid <> pg_backend_pid()");
    ASSERT_TRUE(tasker::testing::wait_until(
        soon(), [&] { return client_.get("/health/ready").status == 503U; }));
    EXPECT_THAT(client_.get("/health/ready").body, HasSubstr("the database is read-only"));
    auto const health = client_.get("/health").json();
    EXPECT_EQ(health.at("status"), "degraded");
    EXPECT_EQ(health.at("checks").at("database"), "read_only");
}

TEST_F(Service, ReadinessEndsWithTheDatabase) {
    database_.exec("alter schema tasker rename to elsewhere");
    auto const reply = client_.get("/health/ready");
    EXPECT_EQ(reply.status, 503U);
    EXPECT_EQ(reply.error_code(), "unavailable");
    EXPECT_EQ(client_.get("/health").json().at("status"), "degraded");
    EXPECT_EQ(client_.get("/health/live").status, 200U);
}

TEST_F(Service, MetricsCountRequestsAndTasks) {
    register_chain("chain");
    create("chain");
    client_.get("/nothing/here");
    client_.get("/nothing/there");
    auto const reply = client_.get("/metrics");
    EXPECT_THAT(reply.fields.at("content-type"), HasSubstr("text/plain; version=0.0.4"));
    for (auto const* line :
         {"tasker_http_requests_total{route=\"POST /v1/tasks\",status=\"201\"} 1",
          "tasker_http_requests_total{route=\"none\",status=\"404\"} 2",
          "tasker_http_request_seconds_count{route=\"POST /v1/tasks\"} 1",
          "tasker_tasks_created_total 1", "tasker_creation_batch_tasks_count 1",
          "tasker_http_connections 1", "tasker_waiting_requests 0", "tasker_templates_cached 1",
          "tasker_database_connections{state=\"busy\"}", "process_resident_memory_bytes",
          "process_start_time_seconds", "tasker_build_info{version="}) {
        EXPECT_THAT(reply.body, HasSubstr(line));
    }
}

/// The error is usually temporary, so the service retries, and the other tasks must not wait for
/// it.
TEST_F(Service, ATaskThatAlwaysFailsInTheDatabaseDelaysNoOther) {
    register_chain("chain");
    create("chain");
    database_.exec("create function fail_on_poison() returns trigger language plpgsql as $$ begin "
                   "if new.context::text like '%poison%' then "
                   "raise 'out of memory' using errcode = '53200'; end if; return new; end $$");
    database_.exec("create trigger poison before insert on tasker.tasks "
                   "for each row execute function fail_on_poison()");
    // The first two calls are blocked, so the next creations gather behind them.
    constexpr std::size_t blocked = 2;
    auto const is_poison = [](std::size_t i) { return i == 2 || i == 7; };
    struct answer {
        unsigned status = 0;
        steady_clock::time_point at;
    };
    std::vector<answer> answers(13);
    {
        pqxx::connection holder{database_.dsn()};
        pqxx::work hold{holder};
        hold.exec("lock table tasker.tasks in exclusive mode");
        std::vector<std::jthread> threads;
        threads.reserve(answers.size());
        for (std::size_t i = 0; i < answers.size(); ++i) {
            threads.emplace_back([&, i] {
                http_client client{service_->address()};
                answers[i].status =
                    client
                        .post("/v1/tasks", is_poison(i)
                                               ? R"({"name": "chain", "context": {"a": "poison"}})"
                                               : R"({"name": "chain"})")
                        .status;
                answers[i].at = steady_clock::now();
            });
            EXPECT_TRUE(tasker::testing::wait_until(soon(), [&] {
                return database_.value<bool>(
                    "select count(*) >= " + std::to_string(std::min(i + 1, blocked)) +
                    " from pg_locks where not granted");
            }));
        }
        hold.commit();
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i].status, is_poison(i) ? 503U : 201U) << i;
        EXPECT_TRUE(is_poison(i) || answers[i].at < answers[2].at) << i;
    }
}

TEST_F(Service, LostConnectionsAreReplacedWithoutAnError) {
    register_chain("chain");
    create("chain");
    database_.exec("select pg_terminate_backend(pid) from pg_stat_activity "
                   "where datname = current_database() and pid <> pg_backend_pid()");
    create("chain");
    EXPECT_EQ(client_.get("/v1/tasks").json().at("tasks").size(), 2U);
}

TEST_F(Service, CreationsSurviveConnectionsLostAtAnyMoment) {
    register_chain("chain");
    constexpr int clients = 8;
    constexpr int tasks = 40;
    std::vector<int> created(clients);
    std::vector<std::thread> threads;
    threads.reserve(clients);
    for (std::size_t i = 0; i < clients; ++i) {
        threads.emplace_back([&, i] {
            http_client client{service_->address()};
            for (int n = 0; n < tasks; ++n) {
                auto const reply = client.post("/v1/tasks", R"({"name": "chain"})");
                created[i] += reply.status == 201 ? 1 : 0;
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        database_.exec("select pg_terminate_backend(pid) from pg_stat_activity "
                       "where datname = current_database() and pid <> pg_backend_pid()");
    }
    std::ranges::for_each(threads, &std::thread::join);
    for (auto const each : created) {
        EXPECT_EQ(each, tasks);
    }
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), clients * tasks);
    EXPECT_EQ(database_.value<int>("select count(*) from pgmq.q_tasker_default"), clients * tasks);
}

TEST_F(Service, CallsThatTheDatabaseDelaysAreUnavailable) {
    register_chain("chain");
    auto chosen = settings_;
    chosen.database.timeout_ms = 200;
    running_service const impatient{chosen};
    http_client client{impatient.address()};
    ASSERT_EQ(client.post("/v1/tasks", R"({"name": "chain"})").status, 201U);
    pqxx::work blocking{database_.connection()};
    blocking.exec("lock table tasker.tasks in access exclusive mode");
    for (auto const& reply :
         {client.get("/v1/tasks"), client.post("/v1/tasks", R"({"name": "chain"})"),
          client.get("/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11")}) {
        EXPECT_EQ(reply.status, 503U);
        EXPECT_EQ(reply.error_code(), "unavailable");
        EXPECT_EQ(reply.fields.at("retry-after"), "1");
    }
    blocking.abort();
    EXPECT_EQ(client.post("/v1/tasks", R"({"name": "chain"})").status, 201U);
}

/// Why an orchestrator with these settings does not start.
std::string start_failure(settings chosen) {
    try {
        running_service const never{std::move(chosen)};
    } catch (std::runtime_error const& failure) {
        return failure.what();
    }
    return {};
}

TEST(ServiceStart, IsRefusedByADatabaseWithoutTheSchema) {
    auto database = test_database::empty();
    EXPECT_THAT(start_failure(test_settings(database.dsn())), HasSubstr("migrate"));
}

TEST(ServiceStart, IsRefusedWithoutADatabase) {
    EXPECT_NE(start_failure(test_settings("host=/nowhere dbname=x connect_timeout=1")), "");
}

TEST(ServiceStart, IsRefusedOnAnAddressInUse) {
    test_database database;
    running_service const first{test_settings(database.dsn())};
    auto chosen = test_settings(database.dsn());
    chosen.http.listen = first.address();
    EXPECT_THAT(start_failure(chosen), HasSubstr("cannot listen on " + first.address()));
}

TEST(ServiceStart, WaitsForADatabaseThatIsBeingMigrated) {
    auto database = test_database::empty();
    auto chosen = test_settings(database.dsn());
    chosen.database.startup_timeout_ms = 30'000;
    std::thread migration{[&] { sql::migrate(database.dsn()).value(); }};
    running_service const waited{chosen};
    migration.join();
    EXPECT_EQ(http_client{waited.address()}.get("/health/ready").status, 200U);
}

} // namespace
} // namespace tasker::orchestration
