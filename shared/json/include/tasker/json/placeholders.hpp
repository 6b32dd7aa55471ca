#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Placeholders in texts and in strings of JSON: `${context/order/id}` is the value at the JSON
/// pointer (RFC 6901) after the first word. `${context/order/id:-none}` is `none` if there is no
/// value, or null. `$${` is a plain `${`.

namespace tasker::json {

/// A placeholder is wrong, or it has no value. The message begins with the placeholder.
class placeholder_error : public std::runtime_error {
public:
    placeholder_error(std::string const& problem, std::string where)
        : runtime_error{problem},
          path{std::move(where)} {}

    std::string path; ///< of its string in the JSON text: `items[2].id`; empty: the whole text
};

/// How a value is written.
enum class filling : std::uint8_t {
    value,     ///< as JSON, unchanged
    in_string, ///< as text within a string of JSON
    text,      ///< a string without quotes; any other value as JSON
    url,       ///< as text, percent-encoded except letters, digits and "-._~"
};

struct placeholder {
    std::string text;    ///< with its braces
    std::string source;  ///< the first word
    std::string pointer; ///< a valid JSON pointer; empty: the whole value
    /// JSON, for an absent or null value. What is written after `:-` is read as JSON if it is JSON,
    /// otherwise as a string.
    std::optional<std::string> otherwise;
    std::string path; ///< see placeholder_error
    filling as = filling::value;
};

/// Literal text, and the placeholder that follows it. The last piece of a text has none.
struct piece {
    std::string literal;
    std::optional<placeholder> then;
};

/// The pieces of a text. `as`: text or url.
/// Errors: throws placeholder_error for a placeholder that is not closed or has no JSON pointer.
std::vector<piece> split_text(std::string_view text, filling as);

/// The pieces of a JSON text. Placeholders are found in every string except keys. A string that is
/// exactly one placeholder becomes its value, of any type. All other values stay unchanged.
/// REQUIRES: find_problem(text) found none.
/// Errors: as split_text.
std::vector<piece> split_json(std::string_view text);

/// A value that placeholders find by their first word. REQUIRES: find_problem(json) found none.
struct named_json {
    std::string_view name;
    std::string_view json;
};

enum class absent_value : std::uint8_t {
    refused,
    null, ///< also for an absent source
};

/// The text with the values of the placeholders.
/// Errors: throws placeholder_error if `from` lacks the source, or there is no value.
std::string fill(std::span<piece const> pieces, std::span<named_json const> from,
                 absent_value absent = absent_value::refused);

} // namespace tasker::json
