#include "body_problems.hpp"

#include "tasker/base/edit_distance.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/wire/action.hpp"
#include "tasker/wire/signal.hpp"

namespace tasker::wire {

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 40;
    return text.size() <= longest ? std::string{text}
                                  : json::to_utf8(text.substr(0, longest)) + "...";
}

std::string unknown_field(std::string_view key, std::span<std::string_view const> known) {
    constexpr std::size_t longest = 64;
    auto const near = nearest(key.substr(0, longest), known);
    return "is an unknown field" +
           (near ? "; did you mean \"" + std::string{*near} + "\"?" : std::string{});
}

std::optional<std::string> length_problem(std::string_view text, std::size_t most) {
    if (text.empty() || text.size() > most) {
        return "must have 1 to " + std::to_string(most) + " bytes";
    }
    return std::nullopt;
}

std::optional<std::string> sender_problem(std::string_view by) {
    return length_problem(by, max_sender_bytes);
}

std::optional<std::string> reason_problem(std::string_view reason) {
    return length_problem(reason, max_reason_bytes);
}

std::optional<std::string> key_problem(std::string_view key) {
    return length_problem(key, max_idempotency_key_bytes);
}

std::optional<invalid_body> refuse_syntax(std::string_view body) {
    if (auto found = json::find_problem(body)) {
        return invalid_body{
            .message = "the body cannot be read",
            .details = {{.path = std::move(found->path), .problem = std::move(found->problem)}}};
    }
    return std::nullopt;
}

} // namespace tasker::wire
