#include "api/health.hpp"
#include "backlog_watch.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <string>

namespace tasker::orchestration {
namespace {

using tasker::testing::run;
using tasker::testing::run_until;
using tasker::testing::test_database;
using ::testing::IsEmpty;

class Backlog : public ::testing::Test {
protected:
    Backlog() {
        database_.exec("select tasker.register_worker('w', '{default}')");
    }

    void send(int steps) {
        database_.exec("select pgmq.send_batch('tasker_default', array(select '{}'::jsonb "
                       "from generate_series(1, " +
                       std::to_string(steps) + ")))");
    }

    nlohmann::json health() {
        http::router routes;
        api::health checks{pool_, [] { return true; }, [this] { return watch_.growing(); }};
        checks.add_routes(routes);
        http::request asked;
        asked.method = boost::beast::http::verb::get;
        asked.target = "/health";
        return nlohmann::json::parse(run(io_, routes.match(asked).found->handle(asked)).body);
    }

    test_database database_;
    boost::asio::io_context io_;
    metrics metrics_;
    database pool_{io_.get_executor(),
                   {.connect = {.dsn = database_.dsn(), .application_name = "test"}, .size = 1},
                   metrics_};
    backlog_watch watch_{io_.get_executor(), pool_, {.interval = std::chrono::milliseconds{1}}};
};

TEST_F(Backlog, HealthReportsABacklogThatGrowsAlthoughWorkersAreConnected) {
    bool has_ended = false;
    boost::asio::co_spawn(io_, watch_.run_until_stopped(),
                          [&has_ended](std::exception_ptr) { has_ended = true; });
    EXPECT_EQ(health().at("checks").at("backlog"), "ok");
    EXPECT_EQ(health().at("status"), "ok");
    ASSERT_TRUE(run_until(io_, [this] {
        send(10);
        return !watch_.growing().empty();
    }));
    auto const degraded = health();
    EXPECT_EQ(degraded.at("status"), "degraded");
    EXPECT_EQ(degraded.at("checks").at("backlog"), "degraded");
    EXPECT_THAT(degraded.at("details").at(0).get<std::string>(),
                ::testing::MatchesRegex(
                    "namespace default: the backlog has grown for 5 minutes, from [0-9]+ ready "
                    "steps to [0-9]+; add workers or slots"));

    ASSERT_TRUE(run_until(io_, [this] { return watch_.growing().empty(); })); // it no longer grows
    EXPECT_EQ(health().at("checks").at("backlog"), "ok");
    EXPECT_THAT(health().at("details"), IsEmpty());
    watch_.stop();
    EXPECT_TRUE(run_until(io_, [&has_ended] { return has_ended; }));
}

} // namespace
} // namespace tasker::orchestration
