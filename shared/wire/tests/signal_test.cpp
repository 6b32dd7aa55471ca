#include "tasker/wire/signal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tasker::wire {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> problems(std::string_view body) {
    std::vector<std::string> out;
    if (auto const parsed = parse_signal(body); !parsed) {
        for (auto const& [path, problem] : parsed.error().details) {
            out.push_back(path.empty() ? problem : path + ": " + problem);
        }
    }
    return out;
}

template <class Value>
std::string written(Value const& value) {
    std::string out;
    append(out, value);
    return out;
}

TEST(Signal, IsReadBack) {
    signal_request const full{
        .payload = R"({ "a":1.00 })", .by = "ada", .idempotency_key = "k\xc3\xa9"};
    EXPECT_EQ(parse_signal(written(full)).value(), full);
    EXPECT_EQ(parse_signal("{}").value(), signal_request{});
    EXPECT_EQ(written(signal_request{}), "{}");
    EXPECT_EQ(parse_signal(R"({"payload":null})").value(), signal_request{});
}

TEST(Signal, ReportsEveryProblemOfItsBody) {
    EXPECT_THAT(problems("[]"), ElementsAre("must be an object, not an array"));
    EXPECT_THAT(problems(R"({"by":1,"idempotency_key":"","paylaod":2,"by":"x"})"),
                ElementsAre("by: must be a string, not a number",
                            "idempotency_key: must have 1 to 255 bytes",
                            "paylaod: is an unknown field; did you mean \"payload\"?",
                            "by: is given twice"));
    EXPECT_THAT(problems(R"({"by":")" + std::string(201, 'x') + R"("})"),
                ElementsAre("by: must have 1 to 200 bytes"));
    EXPECT_THAT(problems(R"({"by":")" + std::string(200, 'x') + R"(","idempotency_key":")" +
                         std::string(255, 'x') + R"("})"),
                ElementsAre());
    EXPECT_EQ(problems("{").size(), 1U);
}

TEST(Signal, RepliesAreReadBack) {
    for (auto const outcome : {signal_outcome::complete, signal_outcome::counted,
                               signal_outcome::kept, signal_outcome::repeated}) {
        EXPECT_EQ(parse_signal_outcome(to_string(outcome)), outcome);
        EXPECT_EQ(read_signal_reply(written(signal_reply{outcome})).value(), signal_reply{outcome});
    }
    EXPECT_EQ(parse_signal_outcome("lost"), std::nullopt);
    EXPECT_FALSE(read_signal_reply(R"({"outcome":"lost"})"));
    keyed_signal_reply const keyed{.delivered = 5'000'000'000, .kept = true};
    EXPECT_EQ(read_keyed_signal_reply(written(keyed)).value(), keyed);
}

TEST(Signal, PageOfWaitsIsReadBack) {
    signal_wait const bare{.id = {task_id::generate(), step_no{3}},
                           .step = "ask",
                           .name_space = "shop",
                           .template_name = "refund",
                           .template_version = "1.0.0",
                           .name = "approve",
                           .key = {},
                           .waiting_since = parse_rfc3339("2026-01-02T03:04:05.678901Z").value(),
                           .deadline = {},
                           .schema = {},
                           .form = {}};
    auto full = bare;
    full.key = "17";
    full.deadline = parse_rfc3339("2026-01-03T03:04:05.000000Z").value();
    full.quorum = 3;
    full.received = 2;
    full.schema = R"({"type": "object"})";
    full.form = R"({"title": "Refund?"})";
    page<signal_wait> const waits{{bare, full}, "c"};
    EXPECT_EQ(read_signal_page(written(waits)).value(), waits);
}

} // namespace
} // namespace tasker::wire
