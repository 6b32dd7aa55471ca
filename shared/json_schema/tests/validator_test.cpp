#include "tasker/json_schema/validator.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>

namespace tasker::json_schema {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::vector<std::string> problems(std::string_view schema, std::string_view context) {
    std::vector<std::string> out;
    for (auto const& problem :
         validator::compile(schema, "schema").value().validate(context, "context")) {
        out.push_back(to_string(problem));
    }
    return out;
}

struct refused_context {
    char const* schema; ///< of the property "v"
    char const* value;
    char const* problem;
};

TEST(SchemaValidator, ChecksIntegersOfAnySize) {
    auto const* const context = R"({"text":"99999999999999999999\\\"","v":123456789012345678901})";
    EXPECT_THAT(problems(R"({"properties":{"v":{"type":"integer","minimum":0}}})", context),
                ElementsAre());
    EXPECT_THAT(problems(R"({"properties":{"v":{"maximum":18446744073709551615}}})", context),
                ElementsAre("context.v: must be at most 18446744073709551615"));
    EXPECT_THAT(
        problems(R"({"properties":{"text":{"const":"99999999999999999999\\\""}}})", context),
        ElementsAre());
}

TEST(SchemaValidator, ComputesMultiplesOfDecimalsExactly) {
    struct pair {
        char const* of;
        char const* good;
        char const* bad;
    };
    for (auto const& [of, good, bad] :
         std::vector<pair>{{"0.01", "19.99", "19.999"},
                           {"0.1", "-0.3", "0.30000000000000004"},
                           {"3", "9223372036854775806", "9223372036854775807"},
                           {"7", "18446744073709551614", "18446744073709551615"},
                           {"1e300", "1e301", "1.5e300"},
                           {"1e-10", "2.5e-9", "2.55e-10"},
                           {"0.123456789", "1.23456789", "1e308"},
                           {"18446744073709551615", "0", "1e19"}}) {
        std::string const schema =
            "{\"properties\":{\"v\":{\"multipleOf\":" + std::string{of} + "}}}";
        EXPECT_THAT(problems(schema, "{\"v\":" + std::string{good} + "}"), ElementsAre()) << of;
        EXPECT_EQ(problems(schema, "{\"v\":" + std::string{bad} + "}").size(), 1) << of;
    }
}

TEST(SchemaValidator, DescribesWhatAValueMustBe) {
    std::vector<refused_context> const cases{
        {R"({"type":"string"})", "1", "context.v: must be a string, not a number"},
        {R"({"type":["string","null"]})", "[]",
         "context.v: must be null or a string, not an array"},
        {R"({"type":"integer"})", "1.5", "context.v: must be a whole number, not a number"},
        {R"({"const":{"a":1}})", R"({"a":2})", R"(context.v: must be {"a":1})"},
        {R"({"enum":["a",1,null]})", "2", R"(context.v: must be one of "a", 1, null)"},
        {R"({"minimum":5})", "4", "context.v: must be at least 5"},
        {R"({"exclusiveMinimum":5})", "5", "context.v: must be greater than 5"},
        {R"({"maximum":5})", "5.5", "context.v: must be at most 5"},
        {R"({"exclusiveMaximum":5})", "5", "context.v: must be less than 5"},
        {R"({"multipleOf":0.01})", "1.005", "context.v: must be a multiple of 0.01"},
        {R"({"minLength":2.0})", "\"a\"", "context.v: must have at least 2 characters, not 1"},
        {R"({"minLength":2})", "\"\xc3\xa9\"", "context.v: must have at least 2 characters, not 1"},
        {R"({"maxLength":1})", "\"ab\"", "context.v: must have at most 1 character, not 2"},
        {R"({"pattern":"^\\u00e9+$"})", "\"e\"", "context.v: must match the pattern ^\\u00e9+$"},
        {R"({"format":"uuid"})", "\"e\"", "context.v: must have the format uuid"},
        {R"({"minItems":1})", "[]", "context.v: must have at least 1 item, not 0"},
        {R"({"maxItems":1})", "[1,2]", "context.v: must have at most 1 item, not 2"},
        {R"({"uniqueItems":true})", R"([{"a":1,"b":2},1,{"b":2.0,"a":1}])",
         "context.v: must have no equal items, but [0] and [2] are equal"},
        {R"({"items":{"type":"null"}})", "[null,1]", "context.v[1]: must be null, not a number"},
        {R"({"items":[{"type":"null"}],"additionalItems":false})", "[null,1]",
         "context.v[1]: is not allowed"},
        {R"({"contains":{"const":1}})", "[2]",
         "context.v: must have an item that matches the schema in contains"},
        {R"({"required":["a"]})", "{}", "context.v.a: is required"},
        {R"({"minProperties":1})", "{}", "context.v: must have at least 1 property, not 0"},
        {R"({"maxProperties":0})", R"({"a":1})",
         "context.v: must have at most 0 properties, not 1"},
        {R"({"properties":{"price":{}},"additionalProperties":false})", R"({"prise":1})",
         "context.v.prise: is not a property of the schema; did you mean "
         "\"price\"?"},
        {R"({"additionalProperties":{"type":"null"}})", R"({"a b":1})",
         "context.v[\"a b\"]: must be null, not a number"},
        {R"({"patternProperties":{"^x":{"type":"null"}}})", R"({"xa":1,"b":1})",
         "context.v.xa: must be null, not a number"},
        {R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})",
         "context.v.ab: has a name that propertyNames does not allow"},
        {R"({"dependencies":{"a":["b"]}})", R"({"a":1})",
         "context.v.b: is required, since \"a\" is given"},
        {R"({"dependencies":{"a":{"required":["c"]}}})", R"({"a":1})", "context.v.c: is required"},
        {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "4", "context.v: must be at most 3"},
        {R"({"anyOf":[{"const":1},{"const":2}]})", "3",
         "context.v: matches none of 2 alternatives: (1) must be 1; (2) must be 2"},
        {R"({"oneOf":[{"minimum":1},{"maximum":3}]})", "2",
         "context.v: must match exactly one of the alternatives in oneOf, but matches [0] and [1]"},
        {R"({"not":{"const":1}})", "1", "context.v: must not match the schema in not"},
        {R"({"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}})", "1",
         "context.v: must be at least 2"},
        {"false", "1", "context.v: is not allowed"},
    };
    for (auto const& [schema, value, problem] : cases) {
        EXPECT_THAT(problems("{\"properties\":{\"v\":" + std::string{schema} + "}}",
                             "{\"v\":" + std::string{value} + "}"),
                    ElementsAre(problem))
            << schema;
    }
}

TEST(SchemaValidator, ReportsEveryProblem) {
    EXPECT_THAT(
        problems(R"({"type":"object","required":["a","b"],"properties":{"c":{"type":"null"}}})",
                 R"({"c":1})"),
        ElementsAre("context.c: must be null, not a number", "context.a: is required",
                    "context.b: is required"));
}

TEST(SchemaValidator, AcceptsAndRefusesTextsByTheirFormat) {
    struct sample {
        char const* format;
        char const* good;
        char const* bad;
    };
    for (auto const& [format, good, bad] :
         std::vector<sample>{{"date", "2026-02-28", "2026-02-30"},
                             {"date-time", "2026-01-02T03:04:05Z", "2026-01-02"},
                             {"time", "03:04:05+01:00", "3:4:5"},
                             {"email", "a.b@example.org", "a b@example.org"},
                             {"hostname", "data.example.org", "-a.example"},
                             {"ipv4", "10.0.0.1", "10.0.0.256"},
                             {"ipv6", "::1", ":::1"},
                             {"uri", "https://example.org/a?b#c", "/a b"},
                             {"idn-email", "\xc3\xa9@\xc3\xa9.org", "\xc3\xa9"},
                             {"json-pointer", "/a~0b/0", "/~2"},
                             {"relative-json-pointer", "1/a", "01"},
                             {"regex", "^a+$", "(a"},
                             {"uri-reference", "../a?b#c", "a b"},
                             {"uuid", "01890a5d-ac96-774b-bcce-b302099a8057", "1"}}) {
        std::string const schema =
            "{\"additionalProperties\":{\"format\":\"" + std::string{format} + "\"}}";
        EXPECT_THAT(problems(schema, "{\"v\":\"" + std::string{good} + "\"}"), ElementsAre())
            << format;
        EXPECT_EQ(problems(schema, "{\"v\":\"" + std::string{bad} + "\"}").size(), 1) << format;
    }
}

TEST(SchemaValidator, FollowsReferencesThatFormACycle) {
    constexpr auto* schema = R"({"properties":{"tree":{"$ref":"#/definitions/node~1x"}},
        "definitions":{"node/x":{"type":"object","properties":{"value":{"type":"integer"},
        "children":{"type":"array","items":{"$ref":"#/definitions/node~1x"}}}}}})";
    EXPECT_THAT(
        problems(schema, R"({"tree":{"value":1,"children":[{"children":[{"value":"x"}]}]}})"),
        ElementsAre("context.tree.children[0].children[0].value: must be a whole number, "
                    "not a string"));
}

TEST(SchemaValidator, FollowsReferencesToTheIdOfAPart) {
    constexpr auto* schema = R"({"$id":"http://example.org/a/order.json","properties":{
        "relative":{"$ref":"item.json"},"above":{"$ref":"../top.json"},"root":{"$ref":"/root.json"},
        "anchor":{"$ref":"#price"},"inside":{"$ref":"item.json#/definitions/name"}},
        "definitions":{
            "item":{"$id":"./item.json","type":"object","required":["name"],
                    "properties":{"name":{"$ref":"#/definitions/name"},
                                  "default":{"$ref":"#/definitions/name"}},
                    "definitions":{"name":{"type":"string"}}},
            "top":{"$id":"http://example.org/top.json","const":"top"},
            "root":{"$id":"//example.org/root.json","const":"root"},
            "price":{"$id":"#price","minimum":1}}})";
    EXPECT_THAT(
        problems(schema, R"({"relative":{"name":"a","default":"a"},"above":"top","root":"root",
                                     "anchor":1,"inside":"b"})"),
        ElementsAre());
    EXPECT_THAT(problems(schema, R"({"relative":{"name":1},"above":1,"root":1,"anchor":0,
                                     "inside":1})"),
                ElementsAre("context.relative.name: must be a string, not a number",
                            "context.above: must be \"top\"", "context.root: must be \"root\"",
                            "context.anchor: must be at least 1",
                            "context.inside: must be a string, not a number"));
}

TEST(SchemaValidator, ChecksLongTextsAndManyItemsInTime) {
    std::string const digits(900'000, '1');
    EXPECT_EQ(
        problems(R"({"properties":{"v":{"format":"date"}}})", "{\"v\":\"" + digits + "\"}").size(),
        1);
    EXPECT_EQ(
        problems(R"({"properties":{"v":{"pattern":"^(1|2)+$"}}})", "{\"v\":\"" + digits + "\"}")
            .size(),
        0);
    std::string items = "0";
    for (int i = 1; i < 20'000; ++i) {
        items += "," + std::to_string(i);
    }
    EXPECT_EQ(
        problems(R"({"properties":{"v":{"uniqueItems":true}}})", "{\"v\":[" + items + "]}").size(),
        0);
}

TEST(SchemaValidator, StopsAtSchemasThatMultiplyTheirWork) {
    // Each level asks the next one twice for the same value.
    std::string schema = R"({"$ref":"#/definitions/d0","definitions":{)";
    for (int i = 0; i < 30; ++i) {
        std::string const next = R"({"$ref":"#/definitions/d)" + std::to_string(i + 1) + R"("})";
        schema += fmt::format(R"("d{}":{{"allOf":[{},{}]}},)", i, next, next);
    }
    EXPECT_THAT(problems(schema + R"("d30":{}}})", "{}"),
                ElementsAre("context: needs more work to check against the schema than is "
                            "allowed"));
}

TEST(SchemaValidator, KnowsTheWhiteSpaceOfUnicodeInClasses) {
    for (auto const* const pattern : {"^[[:alpha:]\\\\s]+$", "^[^]\\\\S]+$", "^[]a-z\\\\s]+$"}) {
        auto const schema = fmt::format(R"({{"properties":{{"v":{{"pattern":"{}"}}}}}})", pattern);
        auto const* const value = pattern[2] == '^' ? R"({"v":"  "})" : R"({"v":"ab c"})";
        EXPECT_THAT(problems(schema, value), ElementsAre()) << pattern;
    }
}

TEST(SchemaValidator, AcceptsEveryValueWithoutASchema) {
    EXPECT_TRUE(validator{}.validate(R"({"a":1})", "context").empty());
}

TEST(SchemaValidator, IsNotMadeFromAnInvalidSchema) {
    for (auto const& [schema, problem] : {
             std::pair{R"({"properties":{"v":{"pattern":"("}}})",
                       "line 1: schema.properties.v.pattern: "},
             std::pair{R"({"unknown":1})", "line 1: schema.unknown: "},
             std::pair{R"({"type":)", ""},
             std::pair{R"({"const":"\u0000"})", ""},
         }) {
        auto const compiled = validator::compile(schema, "schema");
        ASSERT_FALSE(compiled) << schema;
        ASSERT_EQ(compiled.error().problems.size(), 1U) << schema;
        EXPECT_THAT(to_string(compiled.error().problems.front()), StartsWith(problem));
    }
}

TEST(SchemaValidator, CanBeSharedByManyThreads) {
    auto const shared =
        validator::compile(R"({"properties":{"v":{"pattern":"^a+$","enum":["a","aa"]}}})", "schema")
            .value();
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 200; ++round) {
                wrong += shared.validate(R"({"v":"a"})", "context").empty() ? 0 : 1;
                wrong += shared.validate(R"({"v":"b"})", "context").size() == 2 ? 0 : 1;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, 0);
}

std::string with_defaults(std::string_view schema, std::string_view context) {
    return validator::compile(schema, "schema").value().with_defaults(context).value_or("none");
}

TEST(SchemaDefaults, FillWhatAnObjectLacksAndKeepTheRest) {
    auto const* const schema = R"({"properties": {
        "currency": {"default": "EUR"}, "rate": {"default": 1.10}, "order": {
            "properties": {"express": {"type": "boolean", "default": false}}}}})";
    EXPECT_EQ(with_defaults(schema, R"({"z": 2.50, "order": {"n": 1E2}})"),
              R"({"z":2.50,"order":{"n":1E2,"express":false},"currency":"EUR","rate":1.10})");
    EXPECT_EQ(with_defaults(schema, R"({"currency": null, "rate": 2, "order": 5})"), "none");
    EXPECT_EQ(with_defaults(schema, "[]"), "none");
    EXPECT_EQ(with_defaults(R"({"properties": {"a": {"type": "string"}}})", "{}"), "none");
}

TEST(SchemaDefaults, AreFoundInItemsReferencesAndAllOf) {
    auto const* const schema = R"({"allOf": [{"$ref": "#/definitions/part"},
            {"properties": {"b": {"default": [1, {"c": 2}]}}}],
        "definitions": {"part": {"properties": {
            "list": {"items": {"properties": {"n": {"default": 0}}}}}}}})";
    EXPECT_EQ(with_defaults(schema, R"({"list": [{}, {"n": 3}, 4]})"),
              R"({"list":[{"n":0},{"n":3},4],"b":[1,{"c":2}]})");
}

TEST(SchemaDefaults, ADefaultIsNotFilledItself) {
    EXPECT_EQ(
        with_defaults(R"({"properties": {"a": {"allOf": [{"$ref": "#"}], "default": {}}}})", "{}"),
        R"({"a":{}})");
}

} // namespace
} // namespace tasker::json_schema
