#include "report.hpp"

#include "tasker/base/utf8.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/wire/step_error.hpp"

#include <optional>
#include <utility>

namespace tasker::worker {

namespace {

std::string cut(std::string text) {
    return shortened(std::move(text), max_failure_message_bytes);
}

std::size_t length_of_array(std::string_view json) {
    std::size_t length = 0;
    json::walker from{json};
    from.array([&](std::size_t) {
        from.raw();
        ++length;
    });
    return length;
}

queue::finished_step failed(queue::claimed_step const& step, step_failure const& failure) {
    queue::finished_step report;
    report.held = lease_of(step);
    report.outcome = failure.fails_task  ? queue::outcome::fail_task
                     : failure.permanent ? queue::outcome::permanent_failure
                                         : queue::outcome::retryable_failure;
    wire::step_error shown{.message = cut(failure.message), .type = cut(failure.type)};
    if (failure.traceback) {
        shown.traceback = cut(*failure.traceback);
    }
    wire::append(report.payload, shown);
    report.retry_after = failure.retry_after;
    return report;
}

/// How many results a handler must return for a batch of items; none outside of a batch.
std::optional<std::size_t> expected_results(queue::claimed_step const& step) {
    auto const batch = step.item ? json::find(*step.item, "/items") : std::nullopt;
    return batch ? std::optional{length_of_array(*batch)} : std::nullopt;
}

} // namespace

std::optional<std::string> mismatch(queue::claimed_step const& step, std::string_view result,
                                    json_schema::validator const& schema) {
    // Handlers can return any text.
    if (auto const found =
            json::find_problem(result, json::max_result_nesting, json::numbers::any)) {
        return "the result is not JSON: " + json::to_sentence(*found, "it");
    }
    std::string problems;
    auto const check = [&](std::string_view value, std::string const& name) {
        if (problems.size() > max_failure_message_bytes) {
            return;
        }
        constexpr std::string_view root = "result";
        for (auto& each : schema.validate(value, root)) {
            each.path.replace(0, root.size(), name);
            problems.append(problems.empty() ? "" : "; ").append(to_string(each));
        }
    };
    json::walker from{result};
    if (expected_results(step) && from.kind() == json::value_kind::array) {
        from.array(
            [&](std::size_t index) { check(from.raw(), "result[" + std::to_string(index) + ']'); });
    } else {
        check(result, "result");
    }
    return problems.empty() ? std::nullopt
                            : std::optional{"the result does not match result_schema: " + problems};
}

std::string shortened(std::string text, std::size_t most) {
    if (text.size() > most) {
        auto end = most;
        while (end > 0 && continues_character(text[end])) {
            --end;
        }
        text.resize(end);
        text += "…";
    }
    return text;
}

queue::finished_step make_report(queue::claimed_step const& step, step_result answer,
                                 std::size_t max_result_bytes,
                                 json_schema::validator const* schema) {
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
    report.outcome = answer.wants_children()  ? queue::outcome::children
                     : answer.finishes_task() ? queue::outcome::finish
                                              : queue::outcome::success;
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
    // Not wanted children, and not the result of a task.
    bool const is_result = report.outcome == queue::outcome::success;
    // The database refuses a text that is not JSON, and child tasks of a batch.
    if (auto const expected = is_result ? expected_results(step) : std::nullopt;
        expected && !json::find_problem(report.payload)) {
        bool const is_array = json::walker{report.payload}.kind() == json::value_kind::array;
        if (!is_array || length_of_array(report.payload) != *expected) {
            return failed(step, {"the result for a batch must be an array of " +
                                     std::to_string(*expected) + " values, one for each item",
                                 "invalid_result",
                                 true,
                                 {}});
        }
    }
    if (auto problem = schema != nullptr && is_result ? mismatch(step, report.payload, *schema)
                                                      : std::nullopt) {
        return failed(step, {std::move(*problem), "invalid_result", true, {}});
    }
    return report;
}

} // namespace tasker::worker
