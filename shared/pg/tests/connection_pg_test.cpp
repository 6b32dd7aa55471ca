#include "connection_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tasker::pg {
namespace {

using tasker::testing::in;
using tasker::testing::run;
using tasker::testing::running;
using tasker::testing::soon;

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

TEST_F(Connection, CompletesTheOtherCallsWhenOneInTheMiddleFails) {
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

TEST_F(Connection, PreparesAStatementAgainAfterAFailure) {
    constexpr statement from_late{"from_late", "select n from late"};
    auto conn = open();
    auto const first = run_all(conn, {{from_late}, {select_one}});
    EXPECT_EQ(sqlstate_of(first[0].error()), "42P01");
    EXPECT_EQ(first[1]->int4(0, 0), 1);
    database_.exec("create table late (n int)");
    EXPECT_TRUE(run_one(conn, {from_late}));
}

TEST_F(Connection, ReportsAFailedCommitAsTheErrorOfItsCall) {
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

TEST_F(Connection, StartsASessionWithItsOptions) {
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

TEST_F(Connection, ReportsTheServersReasonWhenItIsTerminatedWhileItListens) {
    auto conn = open();
    running waiting{io_, conn.next_notifications(soon())};
    waiting.begin();
    terminate(conn);
    auto const got = waiting.get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::connection_lost);
    EXPECT_NE(got.error().message.find("administrator command (SQLSTATE 57P01)"), std::string::npos)
        << got.error().message;
}

TEST_F(Connection, DoesNotOverrideTheOptionsOfTheDsn) {
    auto conn = open({.dsn = database_.dsn() + " options='-c jit=on'"});
    EXPECT_EQ(setting(conn, "jit"), "on");
    EXPECT_EQ(setting(conn, "idle_session_timeout"), "0");
}

TEST_F(Connection, OverridesTheSettingsOfTheDatabase) {
    auto const alter = "alter database " + database_.name() + " set ";
    database_.exec(alter + "default_transaction_isolation = 'serializable'");
    database_.exec(alter + "idle_session_timeout = '10min'");
    database_.exec(alter + "jit = on");
    auto conn = open();
    EXPECT_EQ(setting(conn, "default_transaction_isolation"), "read committed");
    EXPECT_EQ(setting(conn, "idle_session_timeout"), "0");
    EXPECT_EQ(setting(conn, "jit"), "off");
}

TEST_F(Connection, StaysUsableWhenTheServerCancelsASlowStatement) {
    auto conn = open({.dsn = database_.dsn(), .statement_timeout = std::chrono::milliseconds{20}});
    take_lock();
    auto const answer = run_one(conn, {wait_for_lock});
    EXPECT_EQ(sqlstate_of(answer.error()), "57014");
    EXPECT_FALSE(is_in_doubt(answer.error()));
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, MustBeOpenedAgainWhenAPreparedStatementsResultHasChanged) {
    database_.exec("create table shape (a int)");
    constexpr statement star{"star", "select * from shape"};
    auto conn = open();
    ASSERT_TRUE(run_one(conn, {star}));
    database_.exec("alter table shape add b int");
    auto const answer = run_one(conn, {star});
    EXPECT_EQ(sqlstate_of(answer.error()), "26000");
    EXPECT_TRUE(is_retryable(answer.error()));
    EXPECT_FALSE(conn.usable());
    auto again = open();
    EXPECT_EQ(run_one(again, {star})->columns(), 2U);
}

TEST_F(Connection, DoesNotRepeatACallForWhichTheServerLacksAFeature) {
    database_.exec("create function lacking() returns int language plpgsql as "
                   "$$ begin raise exception 'not here' using errcode = '0A000'; end $$");
    constexpr statement use_it{"use_it", "select lacking()"};
    auto conn = open();
    auto const answer = run_one(conn, {use_it});
    EXPECT_EQ(sqlstate_of(answer.error()), "0A000");
    EXPECT_FALSE(is_retryable(answer.error()));
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, ReceivesTheNotificationsOfItsChannels) {
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
