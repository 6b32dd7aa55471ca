#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tasker::model {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;

std::string with_signal(std::string const& keys, std::string const& of_step = {}) {
    return "name: t\nversion: 1.0.0\nsteps:\n- {name: a, signal: {" + keys + "}" + of_step + "}\n";
}

json column_of(std::string const& yaml) {
    return json::parse(steps_json(compile(parse_template_yaml(yaml).value(), ""))).at(0);
}

TEST(Signals, HaveTheirKeysInOneColumn) {
    auto const column = column_of(with_signal(
        "name: approve, schema: {type: object}, deadline_seconds: 1.5, on_deadline: skip, "
        "quorum: 2, form: {title: Refund?, description: Look at the order.}"));
    EXPECT_EQ(column.at("kind"), "signal");
    EXPECT_EQ(column.at("handler"), nullptr);
    EXPECT_EQ(column.at("signal"), json::parse(R"({
        "name": "approve", "schema": {"type": "object"}, "deadline_seconds": 1.5,
        "on_deadline": "skip", "quorum": 2,
        "form": {"title": "Refund?", "description": "Look at the order."}})"));
    EXPECT_EQ(column_of(with_signal("name: go, key: $context.id")).at("signal"),
              json::parse(R"({"name": "go", "on_deadline": "fail", "key": "$context.id"})"));
    auto const with_value =
        with_signal("name: go, deadline_seconds: 1, on_deadline: complete, value: [1, null]");
    EXPECT_EQ(column_of(with_value).at("signal").at("value"), json::parse("[1, null]"));
}

TEST(Signals, AreReadBackFromTheDefinition) {
    auto const read = parse_template_yaml(with_signal("name: go, quorum: 100")).value();
    auto const again = parse_template_json(compile(read, "").definition).value();
    EXPECT_EQ(again, read);
    EXPECT_EQ(again.steps.at(0).quorum, 100);
    EXPECT_EQ(again.steps.at(0).kind(), step_kind::signal);
}

struct wrong_signal {
    char const* name;
    char const* keys;
    char const* of_step;
    char const* problem;
};

class WrongSignals : public ::testing::TestWithParam<wrong_signal> {};

TEST_P(WrongSignals, AreReportedWithTheReason) {
    auto const& [name, keys, of_step, problem] = GetParam();
    EXPECT_THAT(problems_of_yaml(with_signal(keys, of_step)),
                ElementsAre("line 4: steps[0]." + std::string{problem}));
}

constexpr wrong_signal wrong_signals[]{
    {"WithoutAName", "quorum: 2", "", "signal.name: is required"},
    {"NameIsNoName", "name: a b", "",
     "signal.name: must be 1 to 128 letters, digits, '_', '-' or '.', a letter or digit first"},
    {"QuorumOfOne", "name: go, quorum: 1", "", "signal.quorum: must be from 2 to 100, not 1"},
    {"QuorumAboveTheLimit", "name: go, quorum: 101", "",
     "signal.quorum: must be from 2 to 100, not 101"},
    {"DeadlineAboveTenYears", "name: go, deadline_seconds: 315360001", "",
     "signal.deadline_seconds: must be from 0.001 to 315360000 seconds, not 315360001"},
    {"OnDeadlineWithoutADeadline", "name: go, on_deadline: skip", "",
     "signal.on_deadline: has no effect without `deadline_seconds`"},
    {"OnDeadlineIsUnknown", "name: go, deadline_seconds: 1, on_deadline: wait", "",
     "signal.on_deadline: must be fail, skip or complete, not \"wait\""},
    {"ValueWithoutCompletion", "name: go, deadline_seconds: 1, value: 1", "",
     "signal.value: has no effect without `on_deadline: complete`"},
    {"ValueWithAQuorum",
     "name: go, quorum: 2, deadline_seconds: 1, on_deadline: complete, value: 1", "",
     "signal.value: cannot be combined with `quorum`: at the deadline, the result has the signals "
     "that came"},
    {"SchemaWithAKey", "name: go, key: $context.id, schema: {type: object}", "",
     "signal.schema: cannot be combined with `key`: a signal by key can come before a step waits "
     "for it, so no schema is known; check it in the next step"},
    {"QuorumWithAKey", "name: go, key: $context.id, quorum: 2", "",
     "signal.quorum: cannot be combined with `key`: a signal that is kept is for one step"},
    {"KeyIsConstant", "name: go, key: '1'", "",
     "signal.key: must read a parent's result or $context: it is always the same"},
    {"KeyReadsNoParent", "name: go, key: $.b.id", "",
     "signal.key: reads \"b\", which is not in the step's dependencies"},
    {"SchemaIsWrong", "name: go, schema: {type: objekt}", "",
     "signal.schema.type: \"objekt\" is not a JSON type; did you mean \"object\"?"},
    {"FormWithoutATitle", "name: go, form: {description: d}", "", "signal.form.title: is required"},
    {"FormWithAnUnknownKey", "name: go, form: {title: t, fields: []}", "",
     "signal.form.fields: is an unknown key"},
    {"BesideAHandler", "name: go", ", handler: {callable: x}",
     "handler: cannot be combined with `signal`: a step has only one of them"},
    {"BesideASleep", "name: go", ", sleep: {seconds: 1}",
     "signal: cannot be combined with `sleep`: a step has only one of them"},
    {"WithRetries", "name: go", ", retry: {max_attempts: 2}",
     "retry: has no effect on a step with `signal`"},
    {"WithATimeLimit", "name: go", ", timeout_seconds: 2",
     "timeout_seconds: has no effect on a step with `signal`"},
    {"WithAMap", "name: go", ", map: $context.list", "map: has no effect on a step with `signal`"},
    {"Repeated", "name: go", ", repeat: {until: $result == 1}",
     "repeat: has no effect on a step with `signal`"},
};

INSTANTIATE_TEST_SUITE_P(Every, WrongSignals, ::testing::ValuesIn(wrong_signals),
                         [](auto const& each) { return std::string{each.param.name}; });

TEST(Signals, NameIsUniqueInATemplate) {
    EXPECT_THAT(problems_of_yaml("name: t\nversion: 1.0.0\nsteps:\n"
                                 "- {name: a, signal: {name: go}}\n"
                                 "- {name: b, signal: {name: stop}}\n"
                                 "- {name: c, signal: {name: go}}\n"),
                ElementsAre("line 6: steps[2].signal.name: \"go\" is the signal of an earlier "
                            "step, on line 4"));
}

} // namespace
} // namespace tasker::model
