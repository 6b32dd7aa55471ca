#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tasker::sql::testing {
namespace {

/// Runs a task whose steps return these results. Steps without one fail permanently.
class MappedResult : public ::testing::Test {
protected:
    std::string run(std::string const& yaml, std::map<std::string, std::string> const& results,
                    std::string const& context = "{}") {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_), yaml), context);
        for (auto held = w_.claim(); !held.empty(); held = w_.claim()) {
            for (auto const& step : held) {
                auto const found = results.find(step.name);
                bool const fails = found == results.end();
                w_.finish(step, fails ? R"({"message":"no"})" : found->second, fails ? 2 : 0);
            }
        }
        return w_.db().value<std::string>(
            "select coalesce(result::text, 'null') from tasker.get_tasks(array['" + task_ +
            "'::uuid])");
    }

    workflow_database w_;
    std::string task_;
    int templates_ = 0;
};

constexpr auto two_steps = "  - {name: a, handler: {callable: h}}\n"
                           "  - {name: b-1, handler: {callable: h}, dependencies: [a]}\n";

TEST_F(MappedResult, HasTheValuesOfAnyStepAndOfTheContextUnchanged) {
    EXPECT_EQ(
        run(std::string{two_steps} +
                "result: {sum: '${steps/a/totals/1}', all: '${steps/b-1}', id: '${context/id}',\n"
                "         text: 'order ${context/id} of ${context/name}: ${steps/a/totals}',\n"
                "         fixed: [1.10, {x: '$${y}'}]}\n",
            {{"a", R"({"totals": [1, 2.50]})"}, {"b-1", R"( {"b": 1E2, "a": null} )"}},
            R"({"id": 1234567890123456789012, "name": "a \"b\"\n"})"),
        R"({"all":{"b": 1E2, "a": null},"fixed":[1.10,{"x":"${y}"}],)"
        R"("id":1234567890123456789012,"sum":2.50,)"
        R"("text":"order 1234567890123456789012 of a \"b\"\n: [1, 2.50]"})");
}

TEST_F(MappedResult, IsNullWhereThereIsNoValue) {
    EXPECT_EQ(
        run("  - {name: a, handler: {callable: h}}\n"
            "  - {name: fail, handler: {callable: h}, allow_failure: true}\n"
            "result: {gone: '${steps/a/x/y}', failed: '${steps/fail}', or: '${steps/fail/n:-7}',\n"
            "         none: '${steps/a/none:-no one}', text: 'n ${context/n}'}\n",
            {{"a", R"({"x": 1, "none": null})"}}),
        R"({"failed":null,"gone":null,"none":"no one","or":7,"text":"n null"})");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(MappedResult, IsAbsentUntilTheTaskIsComplete) {
    EXPECT_EQ(run(std::string{two_steps} + "result: {a: '${steps/a}'}\n", {{"a", "1"}}), "null");
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_F(MappedResult, IsNullIfPostgresqlCannotReadATextOrItIsTooLarge) {
    auto const yaml = "  - {name: a, handler: {callable: h}}\nresult: {a: '${steps/a/x}'}\n";
    EXPECT_EQ(run(yaml, {{"a", R"({"x": "\u0000"})"}}), "null");
    EXPECT_EQ(
        w_.db().value<int>("select count(*) from tasker.list_tasks(null, null, null, null, null, "
                           "null, null, 10, 1000000)"),
        1);
    auto const twice =
        "  - {name: a, handler: {callable: h}}\nresult: {a: '${steps/a}', b: '${steps/a}'}\n";
    auto const large = '"' + std::string((32U << 20U) - 2, 'x') + '"';
    EXPECT_EQ(run(twice, {{"a", large}}).size(), (64U << 20U) + 11);
    EXPECT_EQ(run(twice, {{"a", '"' + large.substr(1, large.size() - 2) + "x\""}}), "null");
}

TEST_F(MappedResult, IsReadByThoseWhoWait) {
    run("  - {name: a, handler: {callable: h}}\nresult: {a: '${steps/a}'}\n", {{"a", "1"}});
    EXPECT_EQ(
        w_.db().value<std::string>("select coalesce(tasker.ended_task('" + task_ + "'), 'ids')"),
        "ids");
}

} // namespace
} // namespace tasker::sql::testing
