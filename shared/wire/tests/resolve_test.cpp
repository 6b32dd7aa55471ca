#include "tasker/wire/resolve.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::wire {
namespace {

TEST(Resolve, RequestIsReadBack) {
    for (auto const& request :
         {resolve_request{.result = R"({"n": 1})", .reason = "a \"b\"", .by = "ada"},
          resolve_request{.result = "null"}, resolve_request{.skip = true}}) {
        std::string out;
        append(out, request);
        EXPECT_EQ(parse_resolve(out).value(), request) << out;
    }
}

TEST(Resolve, ProblemsOfTheBodyAreNamed) {
    struct wrong {
        char const* body;
        char const* path;
        char const* problem;
    };
    auto const* const missing = "is required, unless skip is true";
    for (auto const& [body, path, problem] :
         {wrong{"", "result", missing}, wrong{"{}", "result", missing},
          wrong{R"({"skip": false})", "result", missing},
          wrong{R"({"skip": true, "result": 1})", "result", missing},
          wrong{R"({"skip": 1})", "skip", "must be true or false, not a number"},
          wrong{R"({"result": 1, "by": ""})", "by", "must have 1 to 200 bytes"},
          wrong{R"({"result": 1, "reason": 1})", "reason", "must be a string, not a number"},
          wrong{R"({"result": 1, "step": "a"})", "step", "is an unknown field"}}) {
        auto const refused = parse_resolve(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_TRUE(refused.error().details.at(0).problem.starts_with(problem))
            << refused.error().details.at(0).problem;
    }
    EXPECT_TRUE(parse_resolve(R"({"result": })").has_error());
}

} // namespace
} // namespace tasker::wire
