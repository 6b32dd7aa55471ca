#include "builtin/placeholders.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

using nlohmann::json;

/// Fills in a step with this context and these parents.
json filled(json const& value) {
    auto result = try_handler(
        [&value](step_context const& step) -> step_result {
            return step_result::from_json_text(fill_json(step, value.dump()));
        },
        {.context = {{"id", 7}, {"name", "a b/ä"}, {"list", {1, 2}}, {"dollar", "x$"}},
         .parents = {{"price", {{"total", 9.5}}}}});
    if (auto const* const failure = result.failure()) {
        EXPECT_TRUE(failure->permanent);
        return json{{"refused", failure->type}};
    }
    return json::parse(std::move(result).json_text());
}

json const refused{{"refused", "invalid_placeholder"}};

TEST(Placeholders, StringThatIsOnePlaceholderBecomesTheValueItself) {
    EXPECT_EQ(filled("${context/id}"), 7);
    EXPECT_EQ(filled("${context/list}"), json({1, 2}));
    EXPECT_EQ(filled("${parents/price/total}"), 9.5);
    EXPECT_EQ(filled("${context/list/1}"), 2);
}

/// `value` filled in, all as text, in a step whose parent "make" has these results.
std::string filled_text(std::string const& value) {
    return try_handler(
               [&value](step_context const& step) -> step_result {
                   return step_result::from_json_text(fill_json(step, value));
               },
               {},
               {.context = R"({"price":1.10,"z":{"b":1,"a":2,"b":3}})",
                .parents = R"({"make":{"n30":123456789012345678901234567890,"e":1E2}})"})
        .json_text();
}

TEST(Placeholders, ValuesKeepTheirText) {
    EXPECT_EQ(filled_text(R"("${parents/make/n30}")"), "123456789012345678901234567890");
    EXPECT_EQ(filled_text(R"({"z":"${context/z}", "p": 2.50,"a":["${context/price}"]})"),
              R"({"z":{"b":1,"a":2,"b":3},"p":2.50,"a":[1.10]})");
    EXPECT_EQ(filled_text(R"("n=${parents/make/n30}, e=${parents/make/e}")"),
              R"("n=123456789012345678901234567890, e=1E2")");
}

TEST(Placeholders, WithinTextTheyBecomeText) {
    EXPECT_EQ(filled("order ${context/id} of ${context/name}"), "order 7 of a b/ä");
    EXPECT_EQ(filled("${context/list}!"), "[1,2]!");
    EXPECT_EQ(filled("${context/dollar}${context/id}"), "x$7");
}

TEST(Placeholders, AreFoundAtAnyDepthButNotInKeys) {
    EXPECT_EQ(filled({{"a", {{"${context/id}", "${context/id}"}}}, {"b", {"${context/id}", true}}}),
              json({{"a", {{"${context/id}", 7}}}, {"b", {7, true}}}));
}

TEST(Placeholders, DoubledDollarIsPlainText) {
    EXPECT_EQ(filled("costs $${context/id} or $5"), "costs ${context/id} or $5");
}

TEST(Placeholders, PlaceholderWithoutAValueIsRefused) {
    EXPECT_EQ(filled("${context/nothing}"), refused);
    EXPECT_EQ(filled("x${context/id"), refused);
    EXPECT_EQ(filled("${environment/PATH}"), refused);
    EXPECT_EQ(filled("${contextid}"), refused);
    EXPECT_EQ(filled("${context/a~b}"), refused);
}

TEST(Placeholders, ReadInputsAndHowParentsEnded) {
    auto result = try_handler(
        [](step_context const& step) -> step_result {
            return step_result::from_json_text(
                fill_json(step, R"(["${inputs/total}","${parent_states/pay}"])"));
        },
        {.parent_states = {{"pay", "skipped"}}, .inputs = {{"total", 7}}});
    EXPECT_EQ(std::move(result).json_text(), R"([7,"skipped"])");
}

TEST(Placeholders, InUrlsTheyAreEncoded) {
    auto result = try_handler(
        [](step_context const& step) -> step_result {
            return json(fill_text(step, "http://h/${context/name}?q=${context/id}",
                                  tasker::json::filling::url));
        },
        {.context = {{"id", 7}, {"name", "a b/ä"}}});
    EXPECT_EQ(std::move(result).json_text(), "\"http://h/a%20b%2F%C3%A4?q=7\"");
}

} // namespace
} // namespace tasker::worker
