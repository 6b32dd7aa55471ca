#include "tasker/wire/retry.hpp"
#include "tasker/wire/task_view.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

TEST(Retry, BodyMayBeEmpty) {
    for (auto const* body : {"", "{}"}) {
        EXPECT_EQ(parse_retry(body).value(), retry_request{}) << body;
    }
    EXPECT_EQ(parse_retry(R"({"reason": "the bank is up again", "by": "ada"})").value(),
              (retry_request{.reason = "the bank is up again", .by = "ada"}));
}

TEST(Retry, ProblemsOfTheBodyAreNamed) {
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
        auto const refused = parse_retry(body);
        ASSERT_TRUE(refused.has_error()) << body;
        EXPECT_EQ(refused.error().details.at(0).path, path);
        EXPECT_TRUE(refused.error().details.at(0).problem.starts_with(problem))
            << refused.error().details.at(0).problem;
    }
    EXPECT_TRUE(parse_retry("{").has_error());
}

TEST(Retry, RequestIsReadBack) {
    std::string out;
    append(out, retry_request{});
    EXPECT_EQ(out, "");
    retry_request const request{.reason = "a \"b\"", .by = "ada"};
    append(out, request);
    EXPECT_EQ(parse_retry(out).value(), request);
}

TEST(TaskView, HasItsRetriesIfThereAreSome) {
    task_view task;
    std::string out;
    append(out, task);
    EXPECT_EQ(out.find("retries"), std::string::npos);
    task.retries = R"([{"at": "1970-01-01T00:00:00.000000Z", "by": "ada", "reason": null}])";
    out.clear();
    append(out, task);
    EXPECT_EQ(read_task_view(out).value(), task);
}

TEST(Retry, IsReadFromTheRetriesOfATask) {
    std::vector<retry_view> const expected{{.at = {}, .by = "ada", .reason = {}},
                                           {.at = {}, .by = {}, .reason = "again"}};
    EXPECT_EQ(
        read_retries(R"([{"at" : "1970-01-01T00:00:00.000000Z", "by" : "ada", "reason" : null},)"
                     R"({"at" : "1970-01-01T00:00:00.000000Z", "reason" : "again"}])")
            .value(),
        expected);
    EXPECT_TRUE(read_retries("{}").has_error());
}

} // namespace
} // namespace tasker::wire
