#include "tasker/json/syntax.hpp"

#include "scanner.hpp"

#include <simdjson.h>

#include <algorithm>
#include <limits>

namespace tasker::json {

namespace {

// A parser keeps the memory of the largest text it has seen, about ten times its length: each large
// text gets its own parser.
constexpr std::size_t largest_kept = std::size_t{64} << 10;

bool has_escaped_nul(std::string_view raw) {
    constexpr std::string_view escape = "\\u0000";
    for (auto at = raw.find(escape); at != std::string_view::npos; at = raw.find(escape, at + 1)) {
        std::size_t backslashes = 0;
        while (backslashes < at && raw[at - 1 - backslashes] == '\\') {
            ++backslashes;
        }
        if (backslashes % 2 == 0) {
            return true;
        }
    }
    return false;
}

/// Whether the text may contain a number with a small exponent, which simdjson reads as 0.
bool may_have_small_exponent(std::string_view text) {
    auto const is_digit = [&](std::size_t at) {
        return at < text.size() && text[at] >= '0' && text[at] <= '9';
    };
    for (auto at = text.find('-', 2); at != std::string_view::npos; at = text.find('-', at + 1)) {
        bool const is_exponent = text[at - 1] == 'e' || text[at - 1] == 'E';
        if (is_exponent && is_digit(at - 2) && is_digit(at + 1) && is_digit(at + 2) &&
            is_digit(at + 3)) {
            return true;
        }
    }
    return false;
}

bool is_accepted_fast(std::string_view text, std::size_t deepest) {
    if (without_bom(text).size() != text.size()) {
        return false; // some versions of simdjson skip it
    }
    thread_local simdjson::dom::parser kept;
    simdjson::dom::parser own;
    auto& parser = text.size() <= largest_kept ? kept : own;
    // simdjson counts the values of the innermost level as one more.
    auto failure = parser.allocate(std::max(text.size(), largest_kept), deepest + 1);
    if (failure == simdjson::SUCCESS) {
        failure = parser.parse(text.data(), text.size()).error();
    }
    return failure == simdjson::SUCCESS && !has_escaped_nul(text);
}

} // namespace

std::optional<syntax_problem> find_problem(std::string_view text, std::size_t deepest,
                                           numbers accepted) {
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
        return syntax_problem{{}, "is too large"};
    }
    bool const is_accepted = is_accepted_fast(text, deepest) &&
                             (accepted == numbers::any || !may_have_small_exponent(text));
    return is_accepted ? std::nullopt : scan(text, deepest, accepted);
}

std::string to_sentence(syntax_problem const& found, std::string_view subject) {
    std::string out{found.path.empty() ? subject : std::string_view{found.path}};
    return out.append(" ").append(found.problem);
}

std::string_view without_bom(std::string_view text) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

} // namespace tasker::json
