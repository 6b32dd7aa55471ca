#include "relay.hpp"

#include "tasker/pg/connection.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using tasker::testing::in;
using tasker::testing::run;
using tasker::testing::run_until;
using tasker::testing::running;
using tasker::testing::soon;
using tasker::testing::test_database;

constexpr statement select_one{"select_one", "select 1"};
constexpr statement select_text{"select_text", "select $1"};
constexpr statement divide{"divide", "select 12 / $1"};
constexpr statement insert{"insert", "insert into effects values ($1)"};
constexpr statement wait_for_lock{"wait_for_lock", "select pg_advisory_xact_lock(1)"};

class Connection : public ::testing::Test {
protected:
    Connection() {
        database_.exec("create table effects (n int primary key)");
    }

    connection open(connect_options options) {
        return run(io_, connection::open(io_.get_executor(), std::move(options), soon())).value();
    }

    connection open() {
        return open({.dsn = database_.dsn()});
    }

    result<rows> run_one(connection& on, call what) {
        return run(io_, on.run(std::move(what), soon()));
    }

    std::vector<result<rows>> run_all(connection& on, std::vector<call> calls) {
        return run(io_, on.run_all(std::move(calls), soon()));
    }

    std::string setting(connection& on, std::string const& name) {
        constexpr statement show{"show", "select current_setting($1)"};
        return std::string{run_one(on, {show, params{}.add_text(name)}).value().text(0, 0)};
    }

    /// Lets all calls of wait_for_lock wait, from now on.
    void take_lock() {
        holder_.emplace(database_.dsn());
        pqxx::nontransaction{*holder_}.exec("select pg_advisory_lock(1)");
    }

    void release_lock() {
        pqxx::nontransaction{*holder_}.exec("select pg_advisory_unlock(1)");
    }

    /// Ends the server's side and waits until it is gone.
    void terminate(connection const& which) {
        ASSERT_TRUE(database_.value<bool>("select pg_terminate_backend(" +
                                          std::to_string(which.backend_pid()) + ", 10000)"));
    }

    int effects() {
        return database_.value<int>("select count(*) from effects");
    }

    test_database database_ = test_database::empty();
    std::optional<pqxx::connection> holder_;
    asio::io_context io_;
};

call insert_effect(int n) {
    return {insert, params{}.add_int4(n)};
}

TEST_F(Connection, RunsACallWithBinaryParametersAndBinaryRows) {
    constexpr statement echo{"echo", "select $1, $2, $3, $4, $5, $6, $7, $8, $9"};
    auto conn = open();
    auto const id = task_id::generate();
    auto const moment = *parse_rfc3339("2026-01-02T03:04:05.678901Z");
    auto const answer = run_one(conn, {echo, params{}
                                                 .add_bool(true)
                                                 .add_int2(-2)
                                                 .add_int4(3)
                                                 .add_int8(-4'000'000'000)
                                                 .add_text("tëxt")
                                                 .add_json(R"({"a": 1})")
                                                 .add_uuid(id)
                                                 .add_timestamptz(moment)
                                                 .add_text(std::nullopt)});
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->size(), 1U);
    EXPECT_TRUE(answer->boolean(0, 0));
    EXPECT_EQ(answer->int2(0, 1), -2);
    EXPECT_EQ(answer->int4(0, 2), 3);
    EXPECT_EQ(answer->int8(0, 3), -4'000'000'000);
    EXPECT_EQ(answer->text(0, 4), "tëxt");
    EXPECT_EQ(answer->text(0, 5), R"({"a": 1})");
    EXPECT_EQ(answer->uuid(0, 6), id);
    EXPECT_EQ(answer->timestamptz(0, 7), moment);
    EXPECT_TRUE(answer->is_null(0, 8));
}

TEST_F(Connection, AnswersAPipelineInOrderAndCommitsEachCallAlone) {
    auto conn = open();
    auto const answers = run_all(conn, {insert_effect(1), {select_one}, insert_effect(2)});
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[1]->int4(0, 0), 1);
    EXPECT_TRUE(answers[2]);
    EXPECT_EQ(effects(), 2);
}

TEST_F(Connection, LeavesTheOtherCallsRightWhenOneInTheMiddleFails) {
    auto conn = open();
    auto const answers =
        run_all(conn, {insert_effect(1), {divide, params{}.add_int4(0)}, insert_effect(2)});
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(sqlstate_of(answers[1].error()), "22012");
    EXPECT_TRUE(is_callers_fault(answers[1].error()));
    EXPECT_TRUE(answers[2]);
    EXPECT_TRUE(conn.usable());
    EXPECT_EQ(run_one(conn, {divide, params{}.add_int4(4)})->int4(0, 0), 3);
    EXPECT_EQ(effects(), 2);
}

TEST_F(Connection, PreparesAStatementOnceAtItsFirstUse) {
    constexpr statement count{"count",
                              "select count(*) from pg_prepared_statements where name = 'divide'"};
    auto conn = open();
    EXPECT_EQ(run_one(conn, {count})->int8(0, 0), 0);
    auto const answers =
        run_all(conn, {{divide, params{}.add_int4(3)}, {divide, params{}.add_int4(4)}, {count}});
    EXPECT_EQ(answers[0]->int4(0, 0), 4);
    EXPECT_EQ(answers[1]->int4(0, 0), 3);
    EXPECT_EQ(answers[2]->int8(0, 0), 1);
}

TEST_F(Connection, PreparesAgainWhatCouldNotBePrepared) {
    constexpr statement from_late{"from_late", "select n from late"};
    auto conn = open();
    auto const first = run_all(conn, {{from_late}, {select_one}});
    EXPECT_EQ(sqlstate_of(first[0].error()), "42P01");
    EXPECT_EQ(first[1]->int4(0, 0), 1);
    database_.exec("create table late (n int)");
    EXPECT_TRUE(run_one(conn, {from_late}));
}

TEST_F(Connection, ReportsACommitThatFailsAsThatCallsError) {
    database_.exec(
        "create table children (n int references effects deferrable initially deferred)");
    constexpr statement orphan{"orphan", "insert into children values (99) returning n"};
    auto conn = open();
    auto const answers = run_all(conn, {insert_effect(1), {orphan}, insert_effect(2)});
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(sqlstate_of(answers[1].error()), "23503");
    EXPECT_FALSE(is_in_doubt(answers[1].error()));
    EXPECT_TRUE(answers[2]);
    EXPECT_EQ(effects(), 2);
    EXPECT_EQ(database_.value<int>("select count(*) from children"), 0);
}

TEST_F(Connection, AnswersTheFirstCallWhileTheOneAfterwardsStillRuns) {
    auto conn = open();
    take_lock();
    auto const first = run(io_, conn.run_then(insert_effect(1), {wait_for_lock}, soon()));
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(effects(), 1);
    running next{io_, conn.run({select_one}, soon())};
    release_lock();
    EXPECT_EQ(next.get()->int4(0, 0), 1);
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, DropsAnErrorOfTheCallAfterwards) {
    auto conn = open();
    for (int i = 1; i <= 3; ++i) {
        auto const first =
            run(io_, conn.run_then(insert_effect(i), {divide, params{}.add_int4(0)}, soon()));
        EXPECT_TRUE(first);
    }
    EXPECT_EQ(run_one(conn, {select_one})->int4(0, 0), 1);
    EXPECT_EQ(effects(), 3);
}

TEST_F(Connection, ReportsAnErrorOfTheFirstCallAndStillRunsTheOneAfterwards) {
    auto conn = open();
    auto const first =
        run(io_, conn.run_then({divide, params{}.add_int4(0)}, insert_effect(1), soon()));
    EXPECT_EQ(sqlstate_of(first.error()), "22012");
    EXPECT_EQ(run_one(conn, {select_one})->int4(0, 0), 1);
    EXPECT_EQ(effects(), 1);
}

TEST_F(Connection, CarriesArraysOfAHundredThousandElements) {
    constexpr statement unnest{"unnest", "select * from unnest($1, $2, $3, $4, $5)"};
    constexpr std::size_t size = 100'000;
    std::vector<task_id> ids(size);
    std::vector<std::int64_t> numbers(size);
    std::vector<std::optional<std::string>> texts(size);
    for (std::size_t i = 0; i < size; ++i) {
        ids[i] = task_id::generate();
        numbers[i] = static_cast<std::int64_t>(i) * 1'000'000'007;
        if (i % 3 != 0) {
            texts[i] = std::to_string(i);
        }
    }
    auto conn = open();
    auto const answer = run_one(
        conn,
        {unnest,
         params{}
             .add_uuid_array(ids)
             .add_int2_array(numbers, [](auto n) { return static_cast<std::int16_t>(n % 999); })
             .add_int4_array(numbers, [](auto n) { return static_cast<std::int32_t>(n % 99'999); })
             .add_int8_array(numbers)
             .add_text_array(texts)});
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->size(), size);
    for (std::size_t i = 0; i < size; ++i) {
        ASSERT_EQ(answer->uuid(i, 0), ids[i]);
        ASSERT_EQ(answer->int2(i, 1), numbers[i] % 999);
        ASSERT_EQ(answer->int4(i, 2), numbers[i] % 99'999);
        ASSERT_EQ(answer->int8(i, 3), numbers[i]);
        ASSERT_EQ(answer->optional(&rows::text, i, 4), texts[i]);
    }
}

TEST_F(Connection, KeepsReadingWhileItWritesSoThatLargeAnswersDoNotBlockLargeCalls) {
    auto conn = open();
    std::string const large(4'000'000, 'x');
    std::vector<call> calls;
    calls.reserve(8);
    for (int i = 0; i < 8; ++i) {
        calls.emplace_back(select_text, params{}.add_text(large));
    }
    for (auto const& answer : run_all(conn, std::move(calls))) {
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(answer->text(0, 0), large);
    }
}

TEST_F(Connection, ReportsTheServersLastWordsWhenItIsTerminatedInTheMiddleOfACall) {
    auto conn = open();
    take_lock();
    running answers{io_,
                    conn.run_all({insert_effect(1), {wait_for_lock}, insert_effect(2)}, soon())};
    ASSERT_TRUE(run_until(io_, [&] { return effects() == 1; }));
    terminate(conn);
    auto const got = answers.get();
    ASSERT_EQ(got.size(), 3U);
    EXPECT_TRUE(got[0]);
    EXPECT_EQ(sqlstate_of(got[1].error()), "57P01");
    EXPECT_FALSE(is_in_doubt(got[1].error()));
    EXPECT_TRUE(is_retryable(got[1].error()));
    EXPECT_TRUE(is_in_doubt(got[2].error())); // sent, and never heard of
    EXPECT_FALSE(conn.usable());
    EXPECT_EQ(run_one(conn, {select_one}).error().code, errc::connection_lost);
    EXPECT_EQ(effects(), 1);
}

TEST_F(Connection, IsInDoubtWhenTheLinkBreaksAfterTheCommit) {
    relay link{io_, database_.dsn()};
    auto conn = open({.dsn = link.dsn()});
    ASSERT_TRUE(run_one(conn, {select_one}));
    link.hold_answers();
    running answer{io_, conn.run(insert_effect(1), soon())};
    ASSERT_TRUE(run_until(io_, [&] { return link.held_bytes() > 0; }));
    link.cut();
    auto const got = answer.get();
    EXPECT_EQ(got.error().code, errc::connection_lost_in_doubt);
    EXPECT_TRUE(is_in_doubt(got.error()));
    EXPECT_TRUE(is_retryable(got.error()));
    EXPECT_FALSE(conn.usable());
    EXPECT_EQ(effects(), 1);
}

TEST_F(Connection, IsInDoubtWhenTheLinkBreaksBeforeTheServerHeardOfTheCall) {
    relay link{io_, database_.dsn()};
    auto conn = open({.dsn = link.dsn()});
    link.hold_requests();
    running answer{io_, conn.run(insert_effect(1), soon())};
    ASSERT_TRUE(run_until(io_, [&] { return link.held_bytes() > 0; }));
    link.cut();
    EXPECT_TRUE(is_in_doubt(answer.get().error()));
    EXPECT_EQ(effects(), 0);
}

TEST_F(Connection, ClosesWhenTheDeadlinePassesInTheMiddleOfACall) {
    auto conn = open();
    take_lock();
    auto const answer = run(io_, conn.run({wait_for_lock}, in(std::chrono::milliseconds{30})));
    EXPECT_EQ(answer.error().code, errc::timeout_in_doubt);
    EXPECT_FALSE(conn.usable());
    EXPECT_EQ(conn.backend_pid(), 0);
}

TEST_F(Connection, CountsAnAnswerThatHasComeWhenTheDeadlineIsFoundToHavePassed) {
    auto conn = open();
    auto const limit = in(std::chrono::milliseconds{100});
    running answer{io_, conn.run(insert_effect(1), limit)};
    answer.begin();
    // Meanwhile the context is busy with something else.
    ASSERT_TRUE(tasker::testing::wait_until(
        soon(), [&] { return steady_clock::now() > limit && effects() == 1; }));
    EXPECT_TRUE(answer.get());
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, SendsNothingWhenTheDeadlineHasPassedAlready) {
    auto conn = open();
    auto const answer = run(io_, conn.run(insert_effect(1), steady_clock::now()));
    EXPECT_EQ(answer.error().code, errc::timeout);
    EXPECT_FALSE(is_in_doubt(answer.error()));
    EXPECT_TRUE(conn.usable());
    EXPECT_EQ(effects(), 0);
}

TEST_F(Connection, HonoursAnEarlierDeadlineAfterALaterOne) {
    auto conn = open();
    ASSERT_TRUE(run_one(conn, {select_one}));
    take_lock();
    auto const answer = run(io_, conn.run({wait_for_lock}, in(std::chrono::milliseconds{30})));
    EXPECT_EQ(answer.error().code, errc::timeout_in_doubt);
}

TEST_F(Connection, OutlivesADeadlineThatPassesBetweenCalls) {
    auto conn = open();
    auto const brief = in(std::chrono::milliseconds{100});
    ASSERT_TRUE(run(io_, conn.run({select_one}, brief)));
    take_lock();
    running answer{io_, conn.run({wait_for_lock}, soon())};
    ASSERT_TRUE(run_until(io_, [&] { return steady_clock::now() > brief; }));
    release_lock();
    EXPECT_TRUE(answer.get());
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, ClosesWhenItIsCancelledInTheMiddleOfACall) {
    auto conn = open();
    take_lock();
    running answer{io_, conn.run({wait_for_lock}, soon())};
    answer.begin(); // sends it
    EXPECT_FALSE(answer.is_done());
    answer.cancel();
    EXPECT_EQ(answer.get().error().code, errc::cancelled_in_doubt);
    EXPECT_FALSE(conn.usable());
}

TEST_F(Connection, EndsAnOutstandingCallWhenItIsDestroyed) {
    std::optional<connection> conn{open()};
    take_lock();
    running answer{io_, conn->run({wait_for_lock}, soon())};
    answer.begin();
    conn.reset();
    EXPECT_EQ(answer.get().error().code, errc::connection_lost_in_doubt);
}

TEST_F(Connection, MayDieTogetherWithItsContextInTheMiddleOfACall) {
    take_lock();
    asio::io_context io;
    auto conn =
        run(io, connection::open(io.get_executor(), {.dsn = database_.dsn()}, soon())).value();
    asio::co_spawn(io, conn.run({wait_for_lock}, soon()), asio::detached);
    io.restart();
    io.poll();
}

TEST_F(Connection, SeesThatTheServerHungUpWhileItWasIdle) {
    auto conn = open();
    ASSERT_TRUE(run(io_, conn.run_then({select_one}, {select_one}, soon())));
    EXPECT_TRUE(conn.check_alive());
    EXPECT_EQ(run_one(conn, {select_one})->int4(0, 0), 1);
    EXPECT_TRUE(conn.check_alive());
    terminate(conn);
    EXPECT_FALSE(conn.check_alive());
    EXPECT_FALSE(conn.usable());
}

TEST_F(Connection, StartsASessionAsItsOptionsSay) {
    auto usual = open();
    EXPECT_EQ(setting(usual, "jit"), "off");
    EXPECT_EQ(setting(usual, "synchronous_commit"), "on");
    EXPECT_EQ(setting(usual, "application_name"), "tasker");
    auto other = open({.dsn = database_.dsn(),
                       .application_name = "worker",
                       .statement_timeout = std::chrono::milliseconds{1234},
                       .durable_commits = false});
    EXPECT_EQ(setting(other, "synchronous_commit"), "off");
    EXPECT_EQ(setting(other, "application_name"), "worker");
    EXPECT_EQ(setting(other, "statement_timeout"), "1234ms");
}

TEST_F(Connection, StaysUsableWhenTheServerCancelsASlowStatement) {
    auto conn = open({.dsn = database_.dsn(), .statement_timeout = std::chrono::milliseconds{20}});
    take_lock();
    auto const answer = run_one(conn, {wait_for_lock});
    EXPECT_EQ(sqlstate_of(answer.error()), "57014");
    EXPECT_FALSE(is_in_doubt(answer.error()));
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, MustBeOpenedAnewWhenAPreparedStatementsResultHasChanged) {
    database_.exec("create table shape (a int)");
    constexpr statement star{"star", "select * from shape"};
    auto conn = open();
    ASSERT_TRUE(run_one(conn, {star}));
    database_.exec("alter table shape add b int");
    auto const answer = run_one(conn, {star});
    EXPECT_EQ(sqlstate_of(answer.error()), "0A000");
    EXPECT_TRUE(is_retryable(answer.error()));
    EXPECT_FALSE(conn.usable());
    auto again = open();
    EXPECT_EQ(run_one(again, {star})->columns(), 2U);
}

TEST_F(Connection, TakesTheNotificationsOfItsChannels) {
    constexpr statement listen{"listen", "listen news"};
    auto conn = open();
    ASSERT_TRUE(run_one(conn, {listen}));
    auto const nothing = run(io_, conn.next_notifications(in(std::chrono::milliseconds{10})));
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->empty());
    running some{io_, conn.next_notifications(soon())};
    database_.exec("select pg_notify('news', '1'), pg_notify('news', '2')");
    auto const got = some.get().value();
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].channel, "news");
    EXPECT_EQ(got[0].payload, "1");
    EXPECT_EQ(got[1].payload, "2");
    EXPECT_TRUE(conn.usable());
}

} // namespace
} // namespace tasker::pg
