#include "report.hpp"

#include "tasker/base/utf8.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/wire/step_error.hpp"

#include <utility>

namespace tasker::worker {

namespace {

std::string cut(std::string text) {
    if (text.size() > max_failure_message_bytes) {
        auto end = max_failure_message_bytes;
        while (end > 0 && continues_character(text[end])) {
            --end;
        }
        text.resize(end);
        text += "…";
    }
    return text;
}

queue::finished_step failed(queue::claimed_step const& step, step_failure const& failure) {
    queue::finished_step report;
    report.held = lease_of(step);
    report.outcome =
        failure.permanent ? queue::outcome::permanent_failure : queue::outcome::retryable_failure;
    wire::step_error shown{.message = cut(failure.message), .type = cut(failure.type)};
    if (failure.traceback) {
        shown.traceback = cut(*failure.traceback);
    }
    wire::append(report.payload, shown);
    report.retry_after = failure.retry_after;
    return report;
}

} // namespace

queue::finished_step make_report(queue::claimed_step const& step, step_result answer,
                                 std::size_t max_result_bytes) {
    if (auto const* const failure = answer.failure()) {
        return failed(step, *failure);
    }
    if (answer.is_nested_deeper_than(json::max_result_nesting)) {
        return failed(step, {"the result is nested deeper than " +
                                 std::to_string(json::max_result_nesting) + " levels",
                             "invalid_result",
                             true,
                             {}});
    }
    queue::finished_step report;
    report.held = lease_of(step);
    try {
        report.payload = std::move(answer).json_text();
    } catch (nlohmann::json::exception const& broken) {
        return failed(step, {std::string{"the result cannot be written as JSON: "} + broken.what(),
                             "invalid_result",
                             true,
                             {}});
    }
    if (report.payload.size() > max_result_bytes) {
        return failed(step, {"the result takes " + std::to_string(report.payload.size()) +
                                 " bytes as JSON; the limit (max_result_bytes) is " +
                                 std::to_string(max_result_bytes),
                             "result_too_large",
                             true,
                             {}});
    }
    return report;
}

} // namespace tasker::worker
