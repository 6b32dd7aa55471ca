#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Labels of tasks, and the filters of lists by labels and contexts.

namespace tasker::wire {

inline constexpr std::size_t max_labels = 16;
inline constexpr std::size_t max_label_value_bytes = 255;

struct label {
    std::string name;  ///< by model::name_problem
    std::string value; ///< 1 to max_label_value_bytes bytes of UTF-8, without U+0000

    friend bool operator==(label const&, label const&) = default;
};

/// Why a value is refused ("must have …"), or none.
std::optional<std::string> label_value_problem(std::string_view value);

/// "team:a". None if it is no label.
std::optional<label> parse_label(std::string_view text);

/// `{"team":"a"}`
std::string labels_json(std::vector<label> const& labels);

/// The labels of an object of strings. REQUIRES: a JSON object of strings.
std::vector<label> read_labels(std::string_view json);

/// Tasks whose context has this text, number or boolean at this place.
struct context_filter {
    std::string pointer; ///< RFC 6901, not empty
    std::string value;   ///< as text

    friend bool operator==(context_filter const&, context_filter const&) = default;
};

/// "/order/id:42": the pointer ends at the first colon. None if it is no such filter.
std::optional<context_filter> parse_context_filter(std::string_view text);

} // namespace tasker::wire
