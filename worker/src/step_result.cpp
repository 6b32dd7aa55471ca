#include "tasker/worker/step_result.hpp"

#include "tasker/base/assert.hpp"

#include <utility>

namespace tasker::worker {

step_result::step_result(nlohmann::json value) : content_(std::move(value)) {}

step_result::step_result(step_failure failure) : content_(std::move(failure)) {}

step_result::step_result(text json) : content_(std::move(json)) {}

step_result step_result::from_json_text(std::string json) {
    return step_result(text{std::move(json)});
}

bool step_result::is_success() const noexcept {
    return failure() == nullptr;
}

step_failure const* step_result::failure() const noexcept {
    return std::get_if<step_failure>(&content_);
}

std::string step_result::json_text() && {
    TASKER_ASSERT(is_success());
    if (auto* const ready = std::get_if<text>(&content_)) {
        return std::move(ready->json);
    }
    return std::get<nlohmann::json>(content_).dump();
}

step_result success(nlohmann::json value) {
    // Parentheses: with braces, nlohmann makes an array of one element.
    return step_result(std::move(value));
}

step_result retryable_error(std::string message, std::string type,
                            std::optional<std::chrono::milliseconds> retry_after) {
    return step_failure{std::move(message), std::move(type), false, retry_after};
}

step_result permanent_error(std::string message, std::string type) {
    return step_failure{std::move(message), std::move(type), true, {}};
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
