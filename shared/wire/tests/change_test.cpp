#include "tasker/wire/change.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::wire {
namespace {

TEST(Change, RequestsAreReadBack) {
    std::string out;
    priority_request const priority{.priority = 4, .reason = "a \"b\"", .by = "ada"};
    append(out, priority);
    EXPECT_EQ(parse_priority_change(out).value(), priority);
    out.clear();
    edit_request const edit{.context = R"({"n": 1})", .reason = "a \"b\"", .by = "ada"};
    append(out, edit);
    EXPECT_EQ(parse_edit(out).value(), edit);
}

struct wrong {
    char const* body;
    char const* path;
    char const* problem;
};

TEST(Change, ProblemsOfAPriorityAreNamed) {
    for (auto const& [body, path, problem] :
         {wrong{"", "priority", "is required"}, wrong{"{}", "priority", "is required"},
          wrong{R"({"priority": 5})", "priority", "must be 1, 2, 3 or 4, not 5"},
          wrong{R"({"priority": "high"})", "priority", "must be 1, 2, 3 or 4, not \"high\""},
          wrong{R"({"priority": 1, "by": ""})", "by", "must have 1 to 200 bytes"},
          wrong{R"({"priority": 1, "x": 1})", "x", "is an unknown field"}}) {
        auto const refused = parse_priority_change(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_TRUE(refused.error().details.at(0).problem.starts_with(problem))
            << refused.error().details.at(0).problem;
    }
}

TEST(Change, ProblemsOfAContextAreNamed) {
    for (auto const& [body, path, problem] :
         {wrong{"", "context", "is required"},
          wrong{R"({"context": [1]})", "context", "must be an object, not an array"},
          wrong{R"({"context": {}, "reason": ""})", "reason", "must have 1 to 2000 bytes"}}) {
        auto const refused = parse_edit(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_TRUE(refused.error().details.at(0).problem.starts_with(problem))
            << refused.error().details.at(0).problem;
    }
}

} // namespace
} // namespace tasker::wire
