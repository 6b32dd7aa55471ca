#include "json_field.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

constexpr std::string_view example = R"({"result":{"report":{"text":"a\nb","total":17}}})";

TEST(JsonField, PrintsStringsWithoutQuotes) {
    EXPECT_EQ(json_field(example, "/result/report/text").value(), "a\nb");
}

TEST(JsonField, PrintsAnythingElseAsJson) {
    EXPECT_EQ(json_field(example, "/result/report/total").value(), "17");
    EXPECT_EQ(json_field(example, "/result").value(), R"({"report":{"text":"a\nb","total":17}})");
}

TEST(JsonField, ReportsProblems) {
    EXPECT_EQ(json_field(example, "/result/other").error().code, errc::not_found);
    EXPECT_EQ(json_field(example, "result").error().code, errc::invalid_argument);
}

TEST(IndentedJson, KeepsShortValuesOnOneLine) {
    EXPECT_EQ(indented_json(R"({"a":1})"), R"({"a":1})");
    auto const text = indented_json(R"({"b":")" + std::string(60, 'x') + R"(","a":1})");
    EXPECT_EQ(text, "{\n  \"b\": \"" + std::string(60, 'x') + "\",\n  \"a\": 1\n}");
}

TEST(JsonField, ValuesKeepTheirText) {
    std::string const value =
        R"({"z":1.10,"id":123456789012345678901234567890,"e":1E2,"a":[],"o":{},"t":"caf\u00e9","z":2.50})";
    auto const response = R"({"result": )" + value + "}";
    EXPECT_EQ(json_field(response, "/result").value(), value);
    EXPECT_EQ(json_field(response, "/result/id").value(), "123456789012345678901234567890");
    EXPECT_EQ(json_field(response, "/result/e").value(), "1E2");
    EXPECT_EQ(indented_json(value), R"({
  "z": 1.10,
  "id": 123456789012345678901234567890,
  "e": 1E2,
  "a": [],
  "o": {},
  "t": "café",
  "z": 2.50
})");
}

} // namespace

} // namespace tasker::cli
