#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::json {

/// Limit of nested arrays and objects in requests.
inline constexpr std::size_t max_nesting = 64;

/// Limit for a step's result, which its children and the task's result contain.
inline constexpr std::size_t max_result_nesting = 1'000;

/// PostgreSQL's jsonb, in which requests are compared, has about 16,000 digits after the point.
inline constexpr int least_exponent = -400;

/// The accepted numbers. The number of digits is not limited: the text stays unchanged.
enum class numbers : std::uint8_t {
    finite, ///< magnitude below 1.8e308, so that every reader can represent it; least_exponent
    any,    ///< integers that Python writes may be larger
};

struct syntax_problem {
    std::string path;    ///< "context.items[3]"; empty: the text as a whole
    std::string problem; ///< a sentence without its subject, with line and column
};

/// Checks what PostgreSQL and every reader of this project require: JSON (RFC 8259) in UTF-8,
/// nested at most `deepest` levels, no escaped U+0000 and no half surrogate pair in a string.
/// Threads: any.
std::optional<syntax_problem> find_problem(std::string_view text, std::size_t deepest = max_nesting,
                                           numbers accepted = numbers::finite);

/// "context.a contains the number 1e400, ...": path and problem in one sentence, after `subject` if
/// there is no path.
std::string to_sentence(syntax_problem const& found, std::string_view subject);

/// `text` without a leading UTF-8 byte order mark, which some editors write.
std::string_view without_bom(std::string_view text);

} // namespace tasker::json
