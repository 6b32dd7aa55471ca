#include "tasker/wire/action.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::wire {
namespace {

TEST(Action, BodyMayBeEmpty) {
    for (auto const* body : {"", "{}"}) {
        EXPECT_EQ(parse_action(body).value(), action_request{}) << body;
    }
    EXPECT_EQ(parse_action(R"({"reason": "the bank is up again", "by": "ada"})").value(),
              (action_request{.reason = "the bank is up again", .by = "ada"}));
}

TEST(Action, ProblemsOfTheBodyAreNamed) {
    struct wrong {
        std::string body;
        char const* path;
        char const* problem;
    };
    for (auto const& [body, path, problem] :
         {wrong{"[]", "", "must be an object, not an array"},
          wrong{R"({"reason": 1})", "reason", "must be a string, not a number"},
          wrong{R"({"reason": ""})", "reason", "must have 1 to 2000 bytes"},
          wrong{R"({"reason": ")" + std::string(2001, 'x') + "\"}", "reason",
                "must have 1 to 2000 bytes"},
          wrong{R"({"by": ""})", "by", "must have 1 to 200 bytes"},
          wrong{R"({"by": "a", "by": "b"})", "by", "is given twice"},
          wrong{R"({"step": "a"})", "step", "is an unknown field"}}) {
        auto const refused = parse_action(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_TRUE(refused.error().details.at(0).problem.starts_with(problem))
            << refused.error().details.at(0).problem;
    }
    EXPECT_TRUE(parse_action("{").has_error());
}

TEST(Action, RequestIsReadBack) {
    std::string out;
    append(out, action_request{});
    EXPECT_EQ(out, "");
    action_request const request{.reason = "a \"b\"", .by = "ada"};
    append(out, request);
    EXPECT_EQ(parse_action(out).value(), request);
}

} // namespace
} // namespace tasker::wire
