#include "report.hpp"

#include "tasker/worker/children.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tasker::worker {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::size_t limit = 100;

queue::finished_step report_of(step_result answer) {
    queue::claimed_step step;
    step.task = task_id::generate();
    step.step = step_no{3};
    step.delivery = 2;
    step.message = message_id{77};
    auto report = make_report(step, std::move(answer), limit);
    EXPECT_EQ(report.held.task, step.task);
    EXPECT_EQ(report.held.step, step.step);
    EXPECT_EQ(report.held.delivery, 2);
    EXPECT_EQ(report.held.message, step.message);
    return report;
}

TEST(Report, SuccessHasItsJson) {
    auto const report = report_of(json{{"a", 1}});
    EXPECT_EQ(report.outcome, queue::outcome::success);
    EXPECT_EQ(report.payload, R"({"a":1})");
}

json report_of_batch(std::string const& result) {
    queue::claimed_step step;
    step.item = R"({"items": [{"index": 4, "item": 1}, {"index": 5, "item": [2, 3]}]})";
    auto const report = make_report(step, step_result::from_json_text(result), limit);
    return report.outcome == queue::outcome::success ? json("success")
                                                     : json::parse(report.payload);
}

TEST(Report, ABatchNeedsAResultForEachItem) {
    EXPECT_EQ(report_of_batch("[1, [2, 3, 4]]"), "success");
    for (auto const* result : {"[]", "[1]", "[1,2,3]", "null", R"({"a":1})"}) {
        auto const failure = report_of_batch(result);
        EXPECT_EQ(failure["type"], "invalid_result") << result;
        EXPECT_EQ(failure["message"],
                  "the result for a batch must be an array of 2 values, one for each item");
    }
}

TEST(Report, ABatchThatAsksForChildTasksReportsThem) {
    queue::claimed_step step;
    step.item = R"({"items": [{"index": 4, "item": 1}, {"index": 5, "item": 2}]})";
    auto const report = make_report(step, children({{.key = "a", .name = "resize"}}), 10 * limit);
    EXPECT_EQ(report.outcome, queue::outcome::children) << report.payload;
}

TEST(Report, AnItemThatIsNoBatchHasAnyResult) {
    queue::claimed_step step;
    step.item = R"({"index": 4, "item": {"items": [1]}})";
    auto const report = make_report(step, json(5), limit);
    EXPECT_EQ(report.outcome, queue::outcome::success);
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

TEST(Report, ResultNestedTooDeepIsAPermanentFailure) {
    // Recursive code that writes or frees it would run out of stack.
    for (auto const levels : {std::size_t{1'001}, std::size_t{500'000}}) {
        for (auto& answer :
             {&step_result::from_json_text,
              // NOLINTNEXTLINE(performance-unnecessary-value-param): as from_json_text
              +[](std::string text) { return step_result{json::parse(text)}; }}) {
            auto const report = report_of(answer(nested(levels)));
            EXPECT_EQ(report.outcome, queue::outcome::permanent_failure);
            EXPECT_EQ(json::parse(report.payload)["type"], "invalid_result");
        }
    }
}

TEST(Report, BracketsInTextsDoNotCountAsNesting) {
    EXPECT_FALSE(step_result{json::parse(nested(3))}.is_nested_deeper_than(3));
    EXPECT_TRUE(step_result{json::parse(nested(3))}.is_nested_deeper_than(2));
    EXPECT_FALSE(step_result::from_json_text(nested(3)).is_nested_deeper_than(3));
    EXPECT_TRUE(step_result::from_json_text(nested(3)).is_nested_deeper_than(2));
    auto const flat = step_result::from_json_text(R"({"a\"[[[": ["[[\\", {}, {}, []]})");
    EXPECT_FALSE(flat.is_nested_deeper_than(3));
    EXPECT_TRUE(flat.is_nested_deeper_than(2));
}

TEST(Report, FailuresHaveMessageTypeAndTime) {
    auto const report = report_of(retryable_error("no", "kind", std::chrono::seconds{3}));
    EXPECT_EQ(report.outcome, queue::outcome::retryable_failure);
    EXPECT_EQ(json::parse(report.payload), json({{"message", "no"}, {"type", "kind"}}));
    EXPECT_EQ(report.retry_after, std::chrono::seconds{3});
    EXPECT_EQ(report_of(permanent_error("no")).outcome, queue::outcome::permanent_failure);
}

TEST(Report, TracebackIsIncludedIfThereIsOne) {
    step_failure failure{.message = "no", .type = "t", .traceback = std::string{"line 7"}};
    auto const error = json::parse(report_of(std::move(failure)).payload);
    EXPECT_EQ(error.at("traceback"), "line 7");
    EXPECT_FALSE(json::parse(report_of(permanent_error("no")).payload).contains("traceback"));
}

TEST(Report, ResultAtTheLimitPassesAndBeyondItIsAPermanentFailure) {
    EXPECT_EQ(report_of(json(std::string(limit - 2, 'x'))).outcome, queue::outcome::success);
    auto const report = report_of(json(std::string(limit - 1, 'x')));
    EXPECT_EQ(report.outcome, queue::outcome::permanent_failure);
    EXPECT_EQ(json::parse(report.payload)["type"], "result_too_large");
}

TEST(Report, ResultThatIsNotUtf8IsAPermanentFailure) {
    auto const report = report_of(json("\xff"));
    EXPECT_EQ(report.outcome, queue::outcome::permanent_failure);
    EXPECT_EQ(json::parse(report.payload)["type"], "invalid_result");
}

TEST(Report, LongMessageIsCutBetweenCharacters) {
    std::string message(max_failure_message_bytes - 1, 'x');
    message += "ää";
    auto const report = report_of(permanent_error(message));
    EXPECT_EQ(json::parse(report.payload)["message"],
              std::string(max_failure_message_bytes - 1, 'x') + "…");
}

TEST(Report, BytesThatAreNotUtf8InMessagesAreReplaced) {
    auto const report = report_of(retryable_error("a\xff"
                                                  "b"));
    EXPECT_THAT(json::parse(report.payload)["message"].get<std::string>(), HasSubstr("\uFFFD"));
}

TEST(Report, ResultThatDoesNotMatchItsSchemaIsAPermanentFailureWithPaths) {
    auto const schema = json_schema::validator::compile(
                            R"({"type": "object", "required": ["n"],
                                "properties": {"n": {"type": "integer"}}})",
                            "result_schema")
                            .value();
    auto const report = [&](step_result answer) {
        return make_report(queue::claimed_step{}, std::move(answer), limit, &schema);
    };
    EXPECT_EQ(report(json{{"n", 1}}).outcome, queue::outcome::success);
    EXPECT_EQ(report(retryable_error("no", "kind")).outcome, queue::outcome::retryable_failure);
    auto const refused = report(json{{"n", "x"}});
    EXPECT_EQ(refused.outcome, queue::outcome::permanent_failure);
    EXPECT_EQ(json::parse(refused.payload).at("type"), "invalid_result");
    EXPECT_EQ(json::parse(refused.payload).at("message"),
              "the result does not match result_schema: result.n: must be a whole number, not a "
              "string");
    EXPECT_THAT(report(json::array()).payload, HasSubstr("result: must be an object"));
    EXPECT_THAT(report(step_result::from_json_text("{")).payload,
                HasSubstr("the result is not JSON"));
}

TEST(Report, EachResultOfABatchMustMatchTheSchema) {
    auto const schema =
        json_schema::validator::compile(R"({"type": "integer"})", "result_schema").value();
    queue::claimed_step step;
    step.item = R"({"items": [{"index": 0, "item": 1}, {"index": 1, "item": 2}]})";
    EXPECT_EQ(make_report(step, json{1, 2}, limit, &schema).outcome, queue::outcome::success);
    EXPECT_THAT(make_report(step, json{1, "x"}, limit, &schema).payload,
                HasSubstr("result[1]: must be a whole number"));
}

TEST(Report, TheResultOfATaskNeedsNotMatchTheStep) {
    auto const schema =
        json_schema::validator::compile(R"({"type": "integer"})", "result_schema").value();
    queue::claimed_step step;
    step.item = R"({"items": [{"index": 0, "item": 1}, {"index": 1, "item": 2}]})";
    auto const report = make_report(step, finish({{"found", 2}}), limit, &schema);
    EXPECT_EQ(report.outcome, queue::outcome::finish);
    EXPECT_EQ(report.payload, R"({"found":2})");
    EXPECT_EQ(make_report(step, finish(std::string(limit, 'x')), limit).outcome,
              queue::outcome::permanent_failure);
}

TEST(Report, AFailureOfTheTaskHasItsMessageAndType) {
    auto const report = report_of(fail_task("sold out", "sold_out"));
    EXPECT_EQ(report.outcome, queue::outcome::fail_task);
    EXPECT_EQ(json::parse(report.payload), json({{"message", "sold out"}, {"type", "sold_out"}}));
}

} // namespace
} // namespace tasker::worker
