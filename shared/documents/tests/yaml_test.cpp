#include "tasker/documents/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tasker::documents {
namespace {

using ::testing::HasSubstr;

/// As JSON, or the problem.
std::string read(std::string_view yaml) {
    try {
        document const read = read_yaml(yaml);
        return to_json(read, read.root());
    } catch (unreadable_document const& failure) {
        return "line " + std::to_string(failure.problem.line) + ": " + failure.problem.problem;
    }
}

TEST(Yaml, KeepsTheLineEndsOfABlockThatItsHeaderAsksFor) {
    EXPECT_EQ(read("a: >+\n  one\n\n\nb: 1\n"), R"({"a":"one\n\n\n","b":1})");
    EXPECT_EQ(read("a: >\n  one\n  two\n\n  three\n\n\nb: 1\n"),
              R"({"a":"one two\nthree\n","b":1})");
    EXPECT_EQ(read("a: |-\n  one\n\n"), R"({"a":"one"})");
    EXPECT_EQ(read("a: |+\n  one\n\n"), R"({"a":"one\n\n"})");
    EXPECT_EQ(read("a: |2\n   one\n"), R"({"a":" one\n"})");
    EXPECT_EQ(read("a: >\n  one\n   more\n  two\n"), R"({"a":"one\n more\ntwo\n"})");
    EXPECT_EQ(read("a: |\n  no line end behind it"), R"({"a":"no line end behind it\n"})");
}

TEST(Yaml, KeepsEmptyLinesBeforeAClosingQuote) {
    EXPECT_EQ(read("a: \"k\n     \n  \n     \"\n"), R"({"a":"k\n\n"})");
    EXPECT_EQ(read("a: 'k\n\n  '\n"), R"({"a":"k\n"})");
    EXPECT_EQ(read("a: \"one \\\n   two\\n\\\n   \\ three\"\n"), R"({"a":"one two\n three"})");
    EXPECT_EQ(read("a: 'it''s'\n"), R"({"a":"it's"})");
}

TEST(Yaml, AcceptsTheLineEndsOfOtherSystems) {
    EXPECT_EQ(read("a: |\r\n  one\r\n  two\r\nb: 1\rc: 2\r\n"),
              R"({"a":"one\ntwo\n","b":1,"c":2})");
    EXPECT_THAT(read("a: 1\r\nb: 2\rc: @\r\n"), HasSubstr("line 3: "));
}

TEST(Yaml, ReadsJson) {
    EXPECT_EQ(read("{\n\t\"a\\/b\":\t[1,\n\t2.50],\"c\":\"\\ud83d\\ude80 \x7f\"\n}"),
              "{\"a/b\":[1,2.50],\"c\":\"\U0001F680 \x7f\"}");
}

TEST(Yaml, AcceptsAClosingBracketInTheColumnOfItsKey) {
    EXPECT_EQ(read("a: {\n  b: 1\n}\nc: [\n  2\n]\n"), R"({"a":{"b":1},"c":[2]})");
    EXPECT_THAT(
        read("a: {\nb: 1\n}\n"),
        HasSubstr("line 2: is not valid YAML at column 1: the [ or { in line 1 is still open"));
}

TEST(Yaml, ReadsLongDocumentsInTimeProportionalToTheirLength) {
    auto const repeated = [](std::string_view part, std::size_t times) {
        std::string out;
        for (std::size_t i = 0; i < times; ++i) {
            out += part;
        }
        return out;
    };
    // A square of these lengths would take hours.
    constexpr std::size_t length = 400'000;
    EXPECT_THAT(read(repeated("%FOO x\n", length) + "---\na: 1\n"), R"({"a":1})");
    EXPECT_THAT(read("a: " + repeated("x\n\n ", length)).size(), length * 3 + 6);
    EXPECT_THAT(read("a: \"" + repeated("\\\n\n ", length) + "\"").size(), length * 2 + 8);
    EXPECT_EQ(read("a: |\n" + repeated(" \n", length) + " x\n").size(), length * 2 + 11);
    EXPECT_EQ(read(repeated("# x\n\n", length) + "a: 1").size(), 7);
    EXPECT_EQ(read("[" + repeated("&a x, *a, ", length / 2) + "]").size(), length * 4 + 1);
    EXPECT_THAT(read(repeated("[", length)), HasSubstr("deeper than 64 levels"));
    EXPECT_THAT(read(repeated("- ", length)), HasSubstr("deeper than 64 levels"));
    EXPECT_THAT(read(repeated("? ", length)), HasSubstr("has a key that is a list or a mapping"));
    EXPECT_THAT(read(repeated("&a\n", length)), HasSubstr("two anchors"));
}

TEST(Yaml, ReadsOrRefusesDamagedDocuments) {
    constexpr std::string_view whole =
        "%YAML 1.2\n--- # a\n? \"key\\u00e9 \\\n  b\"\n: - &a !!str x\n  - *a\n  -\t'it''s'\n"
        "block: |2-\n   text\n\n  more\nfolded: >+\n  one\n   two\n\n\n"
        "flow: {a: [1, 2.5, {b}, ? c : d], \"e\":f,\n  g: plain\n   text}\nnone:\n...\n";
    constexpr std::string_view pieces = "-?:,[]{}#&*!|>'\"%@ \n\t\\\r~x0";
    ASSERT_THAT(read(whole), ::testing::StartsWith("{"));
    std::minstd_rand random{1};
    auto const any = [&random](std::size_t below) { return random() % below; };
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text{whole};
        for (std::size_t changes = 1 + any(4); changes > 0; --changes) {
            std::size_t const at = any(text.size());
            std::size_t const damage = any(3);
            if (damage == 0) {
                text.insert(at, 1, pieces[any(pieces.size())]);
            } else if (damage == 1) {
                text[at] = pieces[any(pieces.size())];
            } else {
                text.erase(at, 1 + any(8));
            }
        }
        refused += read(text).starts_with("line ") ? 1 : 0;
    }
    EXPECT_GT(refused, 1'000);
    EXPECT_LT(refused, 20'000);
}

} // namespace
} // namespace tasker::documents
