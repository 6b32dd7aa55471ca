#include "tasker/worker/step_result.hpp"

#include "tasker/base/assert.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace tasker::worker {

namespace {

// Neither recurses: a level of the value must not use a stack frame.

bool is_deeper(nlohmann::json const& value, std::size_t levels) {
    std::vector<std::pair<nlohmann::json const*, std::size_t>> left{{&value, 0}};
    while (!left.empty()) {
        auto const [at, above] = left.back();
        left.pop_back();
        if (!at->is_structured()) {
            continue;
        }
        if (above == levels) {
            return true;
        }
        for (auto const& each : *at) {
            if (each.is_structured()) {
                left.emplace_back(&each, above + 1);
            }
        }
    }
    return false;
}

bool is_text_deeper(std::string_view json, std::size_t levels) {
    std::size_t above = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        char const each = json[at];
        if (in_string) {
            in_string = each != '"';
            at += each == '\\' ? 1 : 0;
        } else if (each == '"') {
            in_string = true;
        } else if ((each == '[' || each == '{') && ++above > levels) {
            return true;
        } else if ((each == ']' || each == '}') && above > 0) {
            --above;
        }
    }
    return false;
}

} // namespace

step_result::step_result(nlohmann::json value) : content_(std::move(value)) {}

step_result::step_result(step_failure failure) : content_(std::move(failure)) {}

step_result::step_result(text json) : content_(std::move(json)) {}

step_result step_result::from_json_text(std::string json) {
    return step_result(text{std::move(json)});
}

step_result::step_result(child_list wanted) : content_(std::move(wanted)) {}

step_result step_result::from_children(std::string json) {
    return step_result(child_list{std::move(json)});
}

step_result&& step_result::finishing_task() && {
    TASKER_ASSERT(is_success() && !wants_children());
    finishes_task_ = true;
    return std::move(*this);
}

bool step_result::finishes_task() const noexcept {
    return finishes_task_;
}

bool step_result::wants_children() const noexcept {
    return std::holds_alternative<child_list>(content_);
}

bool step_result::is_success() const noexcept {
    return failure() == nullptr;
}

step_failure const* step_result::failure() const noexcept {
    return std::get_if<step_failure>(&content_);
}

bool step_result::is_nested_deeper_than(std::size_t levels) const {
    TASKER_ASSERT(is_success());
    if (auto const* const wanted = std::get_if<child_list>(&content_)) {
        return is_text_deeper(wanted->json, levels);
    }
    auto const* const ready = std::get_if<text>(&content_);
    return ready != nullptr ? is_text_deeper(ready->json, levels)
                            : is_deeper(std::get<nlohmann::json>(content_), levels);
}

std::string step_result::json_text() && {
    TASKER_ASSERT(is_success());
    if (auto* const ready = std::get_if<text>(&content_)) {
        return std::move(ready->json);
    }
    if (auto* const wanted = std::get_if<child_list>(&content_)) {
        return std::move(wanted->json);
    }
    return std::get<nlohmann::json>(content_).dump();
}

step_result success(nlohmann::json value) {
    // Parentheses, because with braces nlohmann makes an array of one element.
    return step_result(std::move(value));
}

step_result retryable_error(std::string message, std::string type,
                            std::optional<std::chrono::milliseconds> retry_after) {
    return step_failure{std::move(message), std::move(type), false, retry_after};
}

step_result permanent_error(std::string message, std::string type) {
    return step_failure{std::move(message), std::move(type), true, {}};
}

step_result finish(nlohmann::json result) {
    return success(std::move(result)).finishing_task();
}

step_result fail_task(std::string message, std::string type) {
    return step_failure{std::move(message), std::move(type), true, {}, {}, true};
}

permanent_failure::permanent_failure(std::string const& message, std::string type)
    : runtime_error{message},
      type_{std::move(type)} {}

retryable_failure::retryable_failure(std::string const& message, std::string type,
                                     std::optional<std::chrono::milliseconds> retry_after)
    : runtime_error{message},
      type_{std::move(type)},
      retry_after_{retry_after} {}

} // namespace tasker::worker
