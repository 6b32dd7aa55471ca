#pragma once

#include "tasker/wire/create_task.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What is wrong with the body of a request.

namespace tasker::wire {

/// Collects problems; the first 100 are shown.
class detail_list {
public:
    void add(std::string path, std::string problem) {
        if (details_.size() < max_details) {
            details_.push_back({.path = std::move(path), .problem = std::move(problem)});
        }
        ++total_;
    }

    bool empty() const noexcept {
        return total_ == 0;
    }

    invalid_body finish() && {
        std::string message = total_ == 1 ? "the body has a problem"
                                          : "the body has " + std::to_string(total_) + " problems";
        return {.message = std::move(message), .details = std::move(details_)};
    }

private:
    static constexpr std::size_t max_details = 100;

    std::vector<error_detail> details_;
    std::size_t total_ = 0;
};

/// The text, or its beginning if it is long.
std::string shown(std::string_view text);

/// "is an unknown field", with a suggestion.
std::string unknown_field(std::string_view key, std::span<std::string_view const> known);

/// Why the text does not have 1 to `most` bytes.
std::optional<std::string> length_problem(std::string_view text, std::size_t most);

/// A problem of the name of who acts (`by`).
std::optional<std::string> sender_problem(std::string_view by);

/// A problem of the reason of an action.
std::optional<std::string> reason_problem(std::string_view reason);

/// A problem of an idempotency key.
std::optional<std::string> key_problem(std::string_view key);

/// The problem of a text that is no JSON, or not accepted as a body.
std::optional<invalid_body> refuse_syntax(std::string_view body);

} // namespace tasker::wire
