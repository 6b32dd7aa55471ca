#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tasker::model {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string with_matrix(std::string const& matrix, std::string const& of_step = {}) {
    return "name: t\nversion: 1.0.0\nsteps:\n- {name: a, handler: {callable: h}, matrix: " +
           matrix + of_step + "}\n";
}

json column_of(std::string const& yaml) {
    return json::parse(steps_json(compile(parse_template_yaml(yaml).value(), ""))).at(0);
}

/// [0, 1, …]
std::string numbers(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        out.append(out.empty() ? "" : ", ").append(std::to_string(i));
    }
    return "[" + out + "]";
}

TEST(Matrix, TheColumnHasAllCombinationsInTheOrderOfTheNames) {
    auto const column = column_of(with_matrix("{os: [linux, mac], arch: [x86, 64, true]}"));
    EXPECT_EQ(column.at("kind"), "map");
    EXPECT_EQ(column.at("map"), nullptr);
    EXPECT_EQ(column.at("matrix"), json::parse(R"([
        {"arch": "x86", "os": "linux"}, {"arch": "x86", "os": "mac"},
        {"arch": 64, "os": "linux"}, {"arch": 64, "os": "mac"},
        {"arch": true, "os": "linux"}, {"arch": true, "os": "mac"}])"));
}

TEST(Matrix, NumbersKeepTheirText) {
    auto const text =
        steps_json(compile(parse_template_yaml(with_matrix("{python: [3.10, 3.9]}")).value(), ""));
    EXPECT_THAT(text, ::testing::HasSubstr(R"("matrix":[{"python":3.10},{"python":3.9}])"));
}

TEST(Matrix, IsReadBackFromTheDefinition) {
    auto const read = parse_template_yaml(with_matrix("{os: [linux, mac]}")).value();
    auto const again = parse_template_json(compile(read, "").definition).value();
    EXPECT_EQ(again, read);
    EXPECT_EQ(again.steps.at(0).matrix, R"({"os":["linux","mac"]})");
}

TEST(Matrix, HasUpToAThousandCombinationsOfEightNames) {
    EXPECT_THAT(problems_of_yaml(with_matrix("{a: " + numbers(1000) + "}")), IsEmpty());
    EXPECT_THAT(problems_of_yaml(with_matrix(
                    "{a: [1], b: [1], c: [1], d: [1], e: [1], f: [1], g: [1], h: [1]}")),
                IsEmpty());
}

TEST(Matrix, InputsReadACombination) {
    EXPECT_THAT(problems_of_yaml(with_matrix("{os: [linux]}", ", inputs: {on: '${item/os}'}")),
                IsEmpty());
}

struct wrong_matrix {
    char const* name;
    std::string matrix;
    char const* problem;
};

class WrongMatrices : public ::testing::TestWithParam<wrong_matrix> {};

TEST_P(WrongMatrices, AreReportedWithTheReason) {
    auto const& [name, matrix, problem] = GetParam();
    EXPECT_THAT(problems_of_yaml(with_matrix(matrix)),
                ElementsAre("line 4: steps[0].matrix" + std::string{problem}));
}

INSTANTIATE_TEST_SUITE_P(
    Of, WrongMatrices,
    ::testing::Values(
        wrong_matrix{"AList", "[a]", ": must be a mapping of names to lists, not a list"},
        wrong_matrix{"Nothing", "{}", ": must have 1 to 8 names, not 0"},
        wrong_matrix{"NineNames",
                     "{a: [1], b: [1], c: [1], d: [1], e: [1], f: [1], g: [1], h: [1], i: [1]}",
                     ": must have 1 to 8 names, not 9"},
        wrong_matrix{"NoList", "{os: linux}", ".os: must be a list, not a string"},
        wrong_matrix{"AnEmptyList", "{os: []}", ".os: must have at least one value"},
        wrong_matrix{"AMapping", "{os: [{a: 1}]}",
                     ".os[0]: must be a string, a number or a boolean, not a mapping"},
        wrong_matrix{"Null", "{os: [null]}",
                     ".os[0]: must be a string, a number or a boolean, not null"},
        wrong_matrix{"ARepeatedValue", "{os: [a, b, a]}", ".os[2]: is in the list again"},
        wrong_matrix{"AName", "{'o s': [a]}",
                     "[\"o s\"]: must be 1 to 64 letters, digits, `_` or `-`"},
        wrong_matrix{"TooManyCombinations", "{a: " + numbers(7) + ", b: " + numbers(143) + "}",
                     ": must have at most 1000 combinations, not 1001"}),
    [](auto const& tested) { return tested.param.name; });

} // namespace
} // namespace tasker::model
