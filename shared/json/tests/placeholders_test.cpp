#include "tasker/json/placeholders.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tasker::json {
namespace {

constexpr std::array<named_json, 2> sources{
    {{"context",
      R"({"id": 7, "price": 1.10, "name": "a \"b\"", "none": null, "list": [1, {"x": 2}]})"},
     {"parents", R"({"a-b/c": {"n": 12345678901234567890123}})"}}};

std::string filled(std::string const& json, absent_value absent = absent_value::refused) {
    return fill(split_json(json), sources, absent);
}

/// "path: problem" of the error.
std::string problem_of(std::string const& json) {
    try {
        return filled(json);
    } catch (placeholder_error const& problem) {
        return problem.path + ": " + problem.what();
    }
}

TEST(JsonPlaceholders, KeepTheTextOfValues) {
    EXPECT_EQ(filled(R"({"p":"${context/price}", "l": ["${context/list}" , 2.50 ]})"),
              R"({"p":1.10,"l":[[1, {"x": 2}],2.50]})");
    EXPECT_EQ(filled(R"("${parents/a-b~1c/n}")"), "12345678901234567890123");
    EXPECT_EQ(filled(R"({"${context/id}":{},"b":[]})"), R"({"${context/id}":{},"b":[]})");
}

TEST(JsonPlaceholders, BecomeTextWithinText) {
    EXPECT_EQ(filled(R"("n: ${context/name}, ${context/list/1}\n")"),
              R"("n: a \"b\", {\"x\": 2}\n")");
    EXPECT_EQ(fill(split_text("n: ${context/name}", filling::text), sources), "n: a \"b\"");
    EXPECT_EQ(fill(split_text("n=${context/name}", filling::url), sources), "n=a%20%22b%22");
    EXPECT_EQ(filled(R"("$${context/id} and $5")"), R"("${context/id} and $5")");
}

TEST(JsonPlaceholders, DefaultReplacesAnAbsentOrNullValue) {
    EXPECT_EQ(filled(R"("${context/other:-12.50}")"), "12.50");
    EXPECT_EQ(filled(R"("${context/none:-12.50}")"), "12.50");
    EXPECT_EQ(filled(R"("${context/none}")"), "null");
    EXPECT_EQ(filled(R"("${context/id:-12.50}")"), "7");
    EXPECT_EQ(filled(R"("${context/other:-no one}")"), R"("no one")");
    EXPECT_EQ(filled(R"("${context/other:-}")"), R"("")");
    EXPECT_EQ(filled(R"("<${context/other:-no one}>")"), R"("<no one>")");
    EXPECT_EQ(filled(R"("${context/other:-[1,2]}")"), "[1,2]");
    EXPECT_EQ(filled(R"("${item/x:-1}")"), "1");
}

TEST(JsonPlaceholders, ProblemsNameThePlaceAndThePlaceholder) {
    EXPECT_EQ(problem_of(R"({"a":[{"b c":"x ${context/other}"}]})"),
              R"(a[0]["b c"]: "${context/other}" has no value)");
    EXPECT_EQ(problem_of(R"(["${context/id"])"), R"([0]: "${context/id" has no closing brace)");
    EXPECT_EQ(problem_of(R"("${item/id}")"),
              R"(: "${item/id}" must begin with context or parents)");
    EXPECT_EQ(problem_of(R"("${context/a~b}")"),
              R"(: "${context/a~b}" is not a JSON pointer: write ~0 for ~ and ~1 for / in a name)");
}

TEST(JsonPlaceholders, AbsentValuesAreNullIfTheCallerWants) {
    EXPECT_EQ(filled(R"({"a":"${context/other}","b":"${item}"})", absent_value::null),
              R"({"a":null,"b":null})");
    EXPECT_EQ(filled(R"("<${context/other}>")", absent_value::null), R"("<null>")");
}

} // namespace
} // namespace tasker::json
