#include "tasker/json_schema/check.hpp"
#include "tasker/json_schema/validator.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tasker::json_schema {
namespace {

struct exception {
    char const* reason;
    char const* problem;
    std::set<std::string> names;
};

/// Groups of cases ("file: group") whose schema is refused, and the problem.
std::vector<exception> const refusals{
    {"no schema is fetched from the network",
     "names no part of this schema",
     {"definitions: validate definition against metaschema",
      "optional/cross-draft: refs to future drafts are processed as future drafts",
      "ref: remote ref, containing refs itself",
      "refRemote: $ref to $ref finds location-independent $id",
      "refRemote: Location-independent identifier in remote ref", "refRemote: base URI change",
      "refRemote: base URI change - change folder",
      "refRemote: base URI change - change folder in subschema",
      "refRemote: fragment within remote ref", "refRemote: ref within remote ref",
      "refRemote: remote ref", "refRemote: remote ref with ref to definitions",
      "refRemote: retrieved nested refs resolve relative to their URI not $id",
      "refRemote: root ref in remote ref"}},
    {"a mistake of the author, and draft 7 would ignore the keyword",
     "has no effect",
     {"additionalItems: additionalItems as false without items",
      "additionalItems: additionalItems does not look in applicators, valid case",
      "additionalItems: additionalItems with null instance elements",
      "additionalItems: when items is schema, additionalItems does nothing",
      "additionalItems: when items is schema, boolean additionalItems does nothing",
      "if-then-else: ignore else without if", "if-then-else: ignore then without if",
      "if-then-else: non-interference across combined schemas",
      "ref: ref overrides any sibling keywords", "ref: ref to else", "ref: ref to then"}},
    {"a format that would not be enforced",
     "is not a supported format",
     {"format: idn-hostname format", "format: iri format", "format: iri-reference format",
      "format: uri-template format",
      "optional/format/idn-hostname: validation of internationalized host names",
      "optional/format/idn-hostname: validation of separators in internationalized host names",
      "optional/format/iri-reference: validation of IRI References",
      "optional/format/iri: validation of IRIs", "optional/format/unknown: unknown format",
      "optional/format/uri-template: format: uri-template"}},
    {"RE2 lacks it",
     "is not a supported regular expression",
     {"optional/ecmascript-regex: ECMA 262 regex escapes control codes with \\c and lower letter",
      "optional/ecmascript-regex: ECMA 262 regex escapes control codes with \\c and upper letter",
      "optional/ecmascript-regex: pattern with non-ASCII digits",
      "optional/ecmascript-regex: patternProperties with non-ASCII digits",
      "optional/ecmascript-regex: patterns always use unicode semantics with pattern",
      "optional/ecmascript-regex: patterns always use unicode semantics with patternProperties"}},
    {"PostgreSQL cannot store it",
     "contains the character U+0000",
     {"const: nul characters in strings", "enum: nul characters in strings"}},
    {"an $id of a part that is no schema",
     "is also the $id of",
     {"optional/unknownKeyword: $id inside an unknown keyword is not a real identifier"}},
};

/// Cases ("file: group | case") with another result than the suite expects.
std::vector<exception> const differences{
    {"contentEncoding and contentMediaType are annotations, as the specification allows",
     "",
     {"optional/content: validation of binary string-encoding | an invalid base64 string (% is not "
      "a valid character)",
      "optional/content: validation of binary-encoded media type documents | a validly-encoded "
      "invalid JSON document",
      "optional/content: validation of binary-encoded media type documents | an invalid base64 "
      "string that is valid JSON",
      "optional/content: validation of string-encoded content based on media type | an invalid "
      "JSON document"}},
};

std::map<std::string, nlohmann::ordered_json> read_groups() {
    std::filesystem::path const top{TASKER_JSON_SCHEMA_SUITE_DIR};
    std::map<std::string, nlohmann::ordered_json> out;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{top}) {
        if (entry.path().extension() != ".json") {
            continue;
        }
        std::ifstream file{entry.path()};
        auto const name = entry.path().lexically_relative(top).replace_extension().string();
        for (auto const& group : nlohmann::ordered_json::parse(file)) {
            out[name + ": " + group.at("description").get<std::string>()] = group;
        }
    }
    return out;
}

/// Empty: the schema is accepted.
std::string problem_of(std::string const& schema) {
    try {
        auto const source = documents::read_json(schema);
        documents::problem_list problems;
        check_schema({source, problems}, documents::document_path{}, source.root());
        auto const found = std::move(problems).finish();
        return found.empty() ? "" : to_string(found.front());
    } catch (documents::unreadable_document const& failure) {
        return to_string(failure.problem);
    }
}

bool is_expected(std::vector<exception> const& all, std::string const& name,
                 std::string const& problem) {
    return std::ranges::any_of(all, [&](exception const& each) {
        return each.names.contains(name) && problem.find(each.problem) != std::string::npos;
    });
}

std::set<std::string> names_of(auto const&... lists) {
    std::set<std::string> out;
    for (auto const* list : {&lists...}) {
        for (exception const& each : *list) {
            out.insert(each.names.begin(), each.names.end());
        }
    }
    return out;
}

TEST(JsonSchema, FollowsTheCasesOfTheOfficialTestSuite) {
    ASSERT_TRUE(std::filesystem::exists(TASKER_JSON_SCHEMA_SUITE_DIR))
        << "run scripts/setup, which fetches the suite";
    auto const groups = read_groups();
    std::size_t cases = 0;
    std::size_t right = 0;
    std::set<std::string> exceptions;
    for (auto const& [name, group] : groups) {
        auto const schema = group.at("schema").dump();
        cases += group.at("tests").size();
        if (auto const problem = problem_of(schema); !problem.empty()) {
            EXPECT_TRUE(is_expected(refusals, name, problem)) << name << ": " << problem;
            exceptions.insert(name);
            continue;
        }
        auto const compiled = validator::compile(schema, "schema").value();
        for (auto const& one : group.at("tests")) {
            bool const valid = compiled.validate(one.at("data").dump(), "value").empty();
            if (valid == one.at("valid").get<bool>()) {
                ++right;
                continue;
            }
            auto const name_of_case = name + " | " + one.at("description").get<std::string>();
            EXPECT_TRUE(is_expected(differences, name_of_case, "")) << name_of_case;
            exceptions.insert(name_of_case);
        }
    }
    EXPECT_EQ(groups.size(), 311);
    EXPECT_EQ(cases, 1'465);
    EXPECT_EQ(right, 1'254);
    EXPECT_EQ(exceptions, names_of(refusals, differences));
}

} // namespace
} // namespace tasker::json_schema
