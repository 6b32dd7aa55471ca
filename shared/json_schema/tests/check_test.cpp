#include "tasker/json_schema/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::json_schema {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> schema_problems(std::string_view yaml) {
    auto const source = documents::read_yaml(yaml);
    documents::problem_list problems;
    documents::document_path const root;
    check_schema({source, problems}, documents::document_path{root, "schema"}, source.root());
    std::vector<std::string> out;
    for (auto const& problem : std::move(problems).finish()) {
        out.push_back(to_string(problem));
    }
    return out;
}

TEST(SchemaCheck, RefusesSchemasThatWouldNotWork) {
    struct bad_schema {
        char const* schema;
        char const* problem;
    };
    for (auto const& [schema, problem] : std::vector<bad_schema>{
             {"[]", ": must be a schema, a mapping or a boolean, not a list"},
             {"{type: strnig}", ".type: \"strnig\" is not a JSON type; did you mean \"string\"?"},
             {"{requried: [a]}",
              ".requried: is not a keyword of JSON Schema; did you mean \"required\"?"},
             {"{required: a}", ".required: must be a list, not a string"},
             {"{properties: {a: 5}}",
              ".properties.a: must be a schema, a mapping or a boolean, not a number"},
             {"{prefixItems: []}",
              ".prefixItems: is a keyword of a later draft than 7 and would not be enforced"},
             {"{$schema: \"https://json-schema.org/draft/2020-12/schema\"}",
              ".$schema: must be \"http://json-schema.org/draft-07/schema#\": JSON Schema draft 7 "
              "is the supported version"},
             {"{$ref: \"http://example.org/s\"}", ".$ref: \"http://example.org/s\" names no part "
                                                  "of this schema; write a pointer, as in "
                                                  "\"#/definitions/price\", or the $id of a part"},
             {"{$ref: \"#/definitions/a\"}",
              ".$ref: \"#/definitions/a\" names no part of this schema; write a pointer, as in "
              "\"#/definitions/price\", or the $id of a part"},
             {"{properties: {a: {$id: x}, b: {$id: x}}}",
              ".properties.b.$id: is also the $id of schema.properties.a"},
             {"{allOf: [{$ref: \"#\"}]}", ": refers to itself for the same value"},
             {"{properties: {a: {$ref: \"#/definitions/b\", type: string}}, definitions: {b: {}}}",
              ".properties.a.type: has no effect beside $ref; put the reference into allOf"},
             {"{then: {}}", ".then: has no effect without if"},
             {"{additionalItems: {}}", ".additionalItems: has no effect unless items is a list"},
             {"{pattern: \"(?=a)\"}",
              ".pattern: is not a supported regular expression (RE2): invalid perl operator: (?="},
             {"{format: date_time}",
              ".format: \"date_time\" is not a supported format; did you mean "
              "\"date-time\"?"},
             {"{multipleOf: 0}", ".multipleOf: must be greater than 0"},
             {"{minLength: 1.5}", ".minLength: must be a whole number, not the number 1.5"},
             {"{minLength: 3e9}", ".minLength: must be from 0 to 2147483647, not 3e9"},
             {"{minLength: -1}", ".minLength: must be from 0 to 2147483647, not -1"},
             {"{anyOf: []}", ".anyOf: must have at least one schema"},
             {"{enum: []}", ".enum: must have at least one value"}}) {
        EXPECT_THAT(schema_problems(schema), ElementsAre("line 1: schema" + std::string{problem}))
            << schema;
    }
}

TEST(SchemaCheck, BoundsTheMemoryOfIdentifiers) {
    std::string const base(1'500, 'b');
    EXPECT_THAT(
        schema_problems("{$id: \"http://" + base + "/\", definitions: {a: {$id: " + base + "}}}"),
        ElementsAre("line 1: schema.definitions.a.$id: is longer than 2048 bytes"));
    std::string many = "{definitions: {";
    for (int i = 0; i < 10'001; ++i) {
        many.append(i == 0 ? "" : ", ").append("d" + std::to_string(i));
        many.append(": {$id: i" + std::to_string(i) + "}");
    }
    EXPECT_THAT(schema_problems(many + "}}"),
                ElementsAre("line 1: schema: has more than 10000 $id",
                            "line 1: schema: has more than 10000 subschemas"));
}

TEST(SchemaCheck, AcceptsAnnotationsAndExtensions) {
    EXPECT_THAT(schema_problems("{$schema: \"http://json-schema.org/draft-07/schema#\", $id: x, "
                                "title: t, default: 1, examples: [1], x-owner: me, $defs: {a: {}}, "
                                "properties: {a: {$ref: \"#/$defs/a\", description: d}}}"),
                ElementsAre());
}

TEST(SchemaCheck, AcceptsASchemaThatRefersToItselfThroughPropertiesAndItems) {
    EXPECT_THAT(schema_problems("{properties: {a: {$ref: \"#\"}}, items: {$ref: \"#\"}}"),
                ElementsAre());
}

} // namespace
} // namespace tasker::json_schema
