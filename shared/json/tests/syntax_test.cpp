#include "tasker/json/syntax.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <string>

namespace tasker::json {
namespace {

std::string problem_of(std::string_view text, numbers accepted = numbers::finite) {
    auto const found = find_problem(text, max_nesting, accepted);
    return found ? to_sentence(*found, "it") : "none";
}

TEST(JsonSyntax, AcceptsTheJsonThatPostgresqlAndAllReadersAccept) {
    for (auto const* good :
         {"1", "null", "\"x\"", R"({"a":[1,-2.5e3,true]})", R"("\\u0000")", R"("\ud83d\ude00")",
          " [ ] ", "18446744073709551616", "-123456789012345678901234567890", "1e-400", "0e999",
          "0.0e400", "1.7e308", R"({"a":1,"a":2})"}) {
        EXPECT_EQ(problem_of(good), "none") << good;
    }
    EXPECT_EQ(problem_of(std::string(64, '[') + "1" + std::string(64, ']')), "none");
}

TEST(JsonSyntax, ReportsTheProblemAndItsPosition) {
    EXPECT_EQ(problem_of(""), "it is empty");
    EXPECT_EQ(problem_of(" \n"), "it is empty");
    EXPECT_EQ(problem_of("{"), "it is not valid JSON at line 1, column 2: the text ends too early");
    EXPECT_EQ(problem_of("[1,]"), "[1] is not valid JSON at line 1, column 4: expected a value");
    EXPECT_EQ(problem_of("{\"a\": {\"b\": [1,\n 2 3]}}"),
              "a.b[1] is not valid JSON at line 2, column 4: expected \",\" or \"]\"");
    EXPECT_EQ(problem_of(R"({"a" 1})"),
              "a is not valid JSON at line 1, column 6: expected \":\" after the member's name");
    EXPECT_EQ(problem_of("{} {}"),
              "it is not valid JSON at line 1, column 4: expected the end of the text");
    EXPECT_EQ(problem_of("[01]"),
              "[0] is not valid JSON at line 1, column 2: a number must not begin with 0");
    EXPECT_EQ(problem_of("{\"\u00e9\": 'x'}"),
              "[\"\u00e9\"] is not valid JSON at line 1, column 7: expected a value");
    EXPECT_EQ(problem_of("\"a\tb\""), "it is not valid JSON at line 1, column 3: a control "
                                      "character in a string must be escaped");
    EXPECT_EQ(problem_of(R"({"s":"\ud800"})"),
              "s is not valid JSON at line 1, column 7: half a surrogate pair in a string");
    EXPECT_EQ(problem_of("[\"\xff\"]"), "[0] is not UTF-8 at line 1, column 3");
    EXPECT_EQ(problem_of(R"({"k":["\u0000"]})"),
              "k[0] contains the character U+0000 at line 1, column 8");
    EXPECT_EQ(problem_of(std::string(65, '[') + "1" + std::string(65, ']')),
              "[0][0][0][0][0][0][0][0]... is nested deeper than 64 levels");
}

TEST(JsonSyntax, RefusesNumbersThatADoubleCannotHold) {
    EXPECT_EQ(problem_of(R"({"context":{"a":[0,1e400]}})"),
              "context.a[1] contains the number 1e400, which is out of range (at most 1.8e308) at "
              "line 1, column 20");
    for (auto const* large : {"-1e309", "1.0e99999999999999999999", "1.0e400"}) {
        EXPECT_NE(problem_of(large), "none") << large;
        EXPECT_NE(problem_of(large, numbers::any), "none") << large;
    }
    std::string const integer = "1" + std::string(400, '0');
    EXPECT_NE(problem_of(integer), "none");
    EXPECT_EQ(problem_of(integer, numbers::any), "none");
    EXPECT_EQ(problem_of(integer + "e-200"), "none");
    EXPECT_EQ(problem_of("0." + std::string(400, '0') + "1"), "none");
}

TEST(JsonSyntax, RefusesExponentsThatPostgresqlCannotCompare) {
    for (auto const* small : {"1e-401", "-2.5E-99999", "0e-99999", "1e-99999999999999999999"}) {
        EXPECT_EQ(problem_of(small), "it contains the number " + std::string{small} +
                                         ", whose exponent is out of range (at least -400) at "
                                         "line 1, column 1");
        EXPECT_EQ(problem_of(small, numbers::any), "none") << small;
    }
    EXPECT_EQ(problem_of(R"({"a":[1e-400,"1e-99999"]})"), "none");
}

TEST(JsonSyntax, AgreesWithOtherReaders) {
    constexpr std::string_view bits = "{}[]:,\"\\ue0d8.-+ntrfals \n";
    std::uint32_t random = 99;
    for (int round = 0; round < 40'000; ++round) {
        // simdjson refuses the large integer, so that the scanner has to read every text.
        std::string text =
            R"({"a":[123456789012345678901234567890,"\ud83d\ude00",true,null],"b":{"c":-1.5e3}})";
        for (int edit = 0; edit < 2; ++edit) {
            random = random * 1'664'525 + 1'013'904'223;
            text[(random >> 8U) % text.size()] = bits[(random >> 20U) % bits.size()];
        }
        auto const problem = problem_of(text, numbers::any);
        if (problem.find("U+0000") == std::string::npos) {
            ASSERT_EQ(problem == "none", nlohmann::json::accept(text)) << text << ": " << problem;
        }
    }
}

TEST(JsonSyntax, RemovesOnlyAByteOrderMark) {
    EXPECT_EQ(without_bom("\xef\xbb\xbf{}"), "{}");
    EXPECT_EQ(without_bom("{}"), "{}");
    EXPECT_EQ(without_bom(""), "");
    EXPECT_NE(problem_of("\xef\xbb\xbf{}"), "none");
}

} // namespace
} // namespace tasker::json
