#include "payload_receiver.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// `publishes_events` of steps.
class Events : public ::testing::TestWithParam<reporting> {
protected:
    std::string create(std::string const& steps, std::string const& context = "{}") {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps), context);
    }

    /// A task of one step with an event.
    std::string create_one(std::string const& keys = {}) {
        return create("  - {name: a, handler: {callable: h}, retry: {max_attempts: 2, backoff: "
                      "none}, publishes_events: [{name: e" +
                      keys + "}]}\n");
    }

    held_step claim_one() {
        auto const held = w_.claim(1);
        EXPECT_EQ(held.size(), 1U);
        return held.at(0);
    }

    void fire() {
        w_.db().exec("select tasker.fire_timers(1000)");
    }

    /// The announced events since the last call.
    std::vector<json> announced() {
        w_.db().exec("select tasker.flush_notifications()");
        std::vector<json> out;
        for (auto const& payload : receiver_.take(w_.db())) {
            out.push_back(json::parse(payload));
        }
        return out;
    }

    /// The same, each as "event step state".
    std::vector<std::string> heard() {
        std::vector<std::string> out;
        for (auto const& each : announced()) {
            out.push_back(fmt::format("{} {} {}", each.at("event").get<std::string>(),
                                      each.at("step").get<std::string>(),
                                      each.at("state").get<std::string>()));
        }
        return out;
    }

    /// The messages of the queue of events.
    std::vector<json> stored() {
        std::vector<json> out;
        for (auto const& row :
             w_.db().exec("select message from pgmq.q_default_domain_events order by msg_id")) {
            out.push_back(json::parse(row[0].as<std::string>()));
        }
        return out;
    }

    bool has_queue() {
        return w_.db().value<bool>(
            "select to_regclass('pgmq.q_default_domain_events') is not null");
    }

    workflow_database w_{GetParam()};
    pqxx::connection listener_{w_.db().dsn()};
    payload_receiver receiver_{listener_, "tasker_events"};
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Events, each_reporting, name_of_reporting);

TEST_P(Events, AreAnnouncedAfterTheCommitWithTheResult) {
    auto const task = create_one();
    w_.finish(claim_one(), R"({"total": 1.50, "text": "\u00e4\u0001"})");
    EXPECT_THAT(receiver_.take(w_.db()), IsEmpty());
    auto const events = announced();
    ASSERT_EQ(events.size(), 1U);
    auto const finished = w_.shown(task, "a", "tasker.utc_text(finished_at)");
    EXPECT_EQ(events[0],
              (json{{"event", "e"},
                    {"task_id", task},
                    {"step", "a"},
                    {"state", "complete"},
                    {"template", {{"name", "t1"}, {"namespace", "default"}, {"version", "1.0.0"}}},
                    {"at", finished},
                    {"result", {{"total", 1.5}, {"text", "\u00e4\u0001"}}},
                    {"error", nullptr},
                    {"is_cut", false}}));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_THAT(announced(), IsEmpty());
}

TEST_P(Events, AreThoseOfTheEndOfTheStepAndNotOfItsAttempts) {
    constexpr auto each = "  - {name: a, handler: {callable: h}, retry: {max_attempts: 2, backoff: "
                          "none}, publishes_events: [{name: done}, {name: broken, condition: "
                          "failure}, {name: over, condition: always}]}\n";
    create(each);
    w_.finish(claim_one(), problem, 1);
    EXPECT_THAT(announced(), IsEmpty());
    fire();
    w_.finish(claim_one(), problem, 1);
    auto const events = announced();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].at("event"), "broken");
    EXPECT_EQ(events[1].at("event"), "over");
    EXPECT_EQ(events[1].at("error"), json::parse(problem));
    EXPECT_EQ(events[1].at("result"), nullptr);
    create(each);
    w_.run_all();
    EXPECT_THAT(heard(), ElementsAre("done a complete", "over a complete"));
}

TEST_P(Events, AreNotThoseOfStepsThatDidNotRun) {
    constexpr auto always = ", publishes_events: [{name: e, condition: always}]}\n";
    create(fmt::format(
        "  - {{name: no, handler: {{callable: h}}, when: $context.x == 1{0}"
        "  - {{name: a, handler: {{callable: h}}{0}"
        "  - {{name: b, handler: {{callable: h}}, dependencies: [a]{0}"
        "  - {{name: c, handler: {{callable: h}}, dependencies: [a], join: any_failed{0}",
        always));
    EXPECT_THAT(heard(), IsEmpty());
    w_.finish(claim_one(), problem, 2);
    EXPECT_THAT(heard(), ElementsAre("e a failed"));
    w_.run_all();
    EXPECT_THAT(heard(), ElementsAre("e c complete"));
    auto const cancelled = create_one(", condition: always");
    w_.claim(1);
    w_.db().exec("select tasker.cancel_tasks('{" + cancelled + "}')");
    EXPECT_THAT(heard(), IsEmpty());
}

TEST_P(Events, AreThoseOfEveryKindOfStep) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}}\n");
    constexpr auto event = ", publishes_events: [{name: e}]}\n";
    create(fmt::format("  - {{name: pause, sleep: {{until: '2001-01-01T00:00:00Z'}}{0}"
                       "  - {{name: go, signal: {{name: go, deadline_seconds: 1, on_deadline: "
                       "complete, value: 1}}{0}"
                       "  - {{name: each, handler: {{callable: h}}, map: '$context.list'{0}"
                       "  - {{name: none, handler: {{callable: h}}, map: '$context.none'{0}"
                       "  - {{name: again, handler: {{callable: h}}, repeat: {{until: "
                       "$iteration == 2, delay_seconds: 0.001}}{0}"
                       "  - {{name: sub, workflow: {{name: child}}{0}"
                       "  - {{name: last, handler: {{callable: h}}, dependencies: [pause]{0}",
                       event),
           R"({"list": [1, 2, 3], "none": []})");
    EXPECT_THAT(heard(), UnorderedElementsAre("e pause complete", "e none complete"));
    for (int round = 0; round < 4; ++round) {
        w_.run_all();
        w_.move_clock(fmt::format("{} seconds", round + 2));
        fire();
    }
    EXPECT_THAT(heard(),
                UnorderedElementsAre("e go complete", "e each complete", "e again complete",
                                     "e sub complete", "e last complete"));
}

TEST_P(Events, OfASmallPayloadHaveTheResultAndOthersAreCut) {
    auto const announce = [&](std::size_t length) {
        create_one(", delivery_mode: fast");
        w_.finish(claim_one(), '"' + std::string(length, 'x') + '"');
        w_.db().exec("select tasker.flush_notifications()");
        auto const payloads = receiver_.take(w_.db());
        EXPECT_EQ(payloads.size(), 1U);
        return payloads.at(0);
    };
    std::size_t const rest = 7'999 - announce(0).size();
    auto const largest = announce(rest);
    EXPECT_EQ(largest.size(), 7'999U);
    EXPECT_EQ(json::parse(largest).at("result").get<std::string>().size(), rest);
    for (std::size_t const length : {rest + 1, std::size_t{1'000'000}}) {
        auto const cut = json::parse(announce(length));
        EXPECT_EQ(cut.at("result"), nullptr);
        EXPECT_EQ(cut.at("is_cut"), true);
        EXPECT_EQ(cut.at("state"), "complete");
    }
}

TEST_P(Events, AreAlsoMessagesOfAQueueUnlessTheyAreFast) {
    create_one(", delivery_mode: fast");
    w_.run_all();
    EXPECT_FALSE(has_queue());
    auto const task = create_one(", delivery_mode: broadcast");
    ASSERT_TRUE(has_queue());
    w_.finish(claim_one(), '"' + std::string(100'000, 'x') + '"');
    auto const messages = stored();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].at("task_id"), task);
    EXPECT_EQ(messages[0].at("result").get<std::string>().size(), 100'000U);
    EXPECT_EQ(messages[0].at("is_cut"), false);
    EXPECT_EQ(announced().size(), 2U);
}

TEST_P(Events, WithAResultThatPgmqCannotStoreAreCut) {
    create_one();
    w_.finish(claim_one(), R"("a\u0000b")");
    auto const messages = stored();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].at("result"), nullptr);
    EXPECT_EQ(messages[0].at("is_cut"), true);
    EXPECT_EQ(announced().at(0).at("result").get<std::string>(), std::string("a\0b", 3));
}

TEST_P(Events, DoNotFailAStepIfTheirQueueWasDropped) {
    auto const task = create_one();
    w_.db().exec("select pgmq.drop_queue('default_domain_events')");
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_THAT(heard(), ElementsAre("e a complete"));
    create_one();
    EXPECT_TRUE(has_queue());
}

TEST_P(Events, OfABatchOfTasksAreAnnouncedEach) {
    constexpr auto chain = "  - {name: a, handler: {callable: h}, publishes_events: [{name: x}]}\n"
                           "  - {name: b, handler: {callable: h}, dependencies: [a]}\n";
    auto const first = create(chain);
    auto const plain = create("  - {name: a, handler: {callable: h}}\n");
    auto const second = create(chain);
    w_.run_all();
    EXPECT_THAT(heard(), ElementsAre("x a complete", "x a complete"));
    for (auto const& task : {first, plain, second}) {
        EXPECT_EQ(w_.task_state(task), "complete");
    }
    EXPECT_EQ(w_.db().value<std::string>(
                  "select string_agg(name || ' ' || is_dynamic, ', ' order by name) "
                  "from tasker.templates"),
              "t1 true, t2 false, t3 true");
}

} // namespace
} // namespace tasker::sql::testing
