#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;

std::string with_events(std::string const& events) {
    return "name: t\nversion: 1.0.0\nsteps:\n- name: a\n  handler: {callable: h}\n"
           "  publishes_events: " +
           events + "\n";
}

/// The column of the step.
std::string column_of(std::string const& events) {
    auto const read = parse_template_yaml(with_events(events));
    EXPECT_THAT(problems_of(read), ElementsAre()) << events;
    auto const compiled = compile(read.value(), "");
    EXPECT_EQ(parse_template_json(compiled.definition).value(), read.value());
    return nlohmann::json::parse(steps_json(compiled)).at(0).at("events").dump();
}

TEST(Events, HaveANameAndHowTheStepMustEnd) {
    EXPECT_EQ(column_of("[{name: order.paid, description: d, schema: {type: object}}, {name: b, "
                        "condition: always, delivery_mode: fast}]"),
              R"([{"condition":"success","delivery_mode":"durable","name":"order.paid"},)"
              R"({"condition":"always","delivery_mode":"fast","name":"b"}])");
    EXPECT_EQ(column_of("[]"), "null");
}

TEST(Events, WordsOfTaskerCoreMeanThoseOfTasker) {
    EXPECT_EQ(column_of("[{name: a, condition: permanent_failure, delivery_mode: broadcast}]"),
              column_of("[{name: a, condition: failure, delivery_mode: durable}]"));
}

TEST(Events, ThatCannotBePublishedAreErrors) {
    EXPECT_THAT(
        problems_of_yaml(with_events("\n  - {condition: sometimes}\n"
                                     "  - {name: a b, delivery_mode: slow}\n"
                                     "  - {name: a, condition: retryable_failure}\n"
                                     "  - {name: a, publisher: Payments, schema: {type: x}}")),
        ElementsAre("line 7: steps[0].publishes_events[0].name: is required",
                    "line 7: steps[0].publishes_events[0].condition: must be success, failure, "
                    "always or permanent_failure, not \"sometimes\"",
                    "line 8: steps[0].publishes_events[1].name: must be 1 to 128 letters, digits, "
                    "'_', '-' or '.', a letter or digit first",
                    "line 8: steps[0].publishes_events[1].delivery_mode: must be durable, fast or "
                    "broadcast, not \"slow\"",
                    "line 9: steps[0].publishes_events[2].condition: must be success, failure, "
                    "always or permanent_failure, not \"retryable_failure\"",
                    "line 10: steps[0].publishes_events[3].schema.type: \"x\" is not a JSON type",
                    "line 10: steps[0].publishes_events[3].publisher: is a class of tasker-core, "
                    "which Tasker does not run: an event has the result of its step"));
    std::string many;
    for (int i = 0; i < 101; ++i) {
        many += "{name: e},";
    }
    EXPECT_THAT(problems_of_yaml(with_events('[' + many + ']')),
                ElementsAre("line 6: steps[0].publishes_events: must have at most 100 events, not "
                            "101"));
}

} // namespace
} // namespace tasker::model
