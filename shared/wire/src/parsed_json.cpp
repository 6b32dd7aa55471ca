#include "parsed_json.hpp"

#include <fmt/format.h>

#include <new>

namespace tasker::wire {
namespace {

/// A parser keeps memory for the largest document it has seen: only parsers of small ones are kept.
constexpr std::size_t kept_parser_bytes = 256 * 1024;

simdjson::dom::parser small_document_parser() {
    simdjson::dom::parser parser(kept_parser_bytes);
    if (parser.allocate(kept_parser_bytes, max_json_nesting) != simdjson::SUCCESS) {
        throw std::bad_alloc();
    }
    return parser;
}

simdjson::error_code parse(simdjson::dom::parser& parser, simdjson::padded_string_view padded) {
    return parser.parse(padded.data(), padded.size(), false).error();
}

simdjson::error_code check(simdjson::padded_string_view padded) {
    if (padded.size() <= kept_parser_bytes) {
        thread_local simdjson::dom::parser parser = small_document_parser();
        return parse(parser, padded);
    }
    simdjson::dom::parser parser;
    if (auto const failed = parser.allocate(padded.size(), max_json_nesting)) {
        return failed;
    }
    return parse(parser, padded);
}

/// The four hexadecimal digits of an escape. REQUIRES: they are there, as in valid JSON.
unsigned code_unit(char const* digits) {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
        char const c = digits[i];
        unit = unit * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return unit;
}

constexpr bool is_high_surrogate(unsigned unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

constexpr bool is_low_surrogate(unsigned unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

} // namespace

std::optional<std::string> escape_problem(std::string_view json) {
    for (auto at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
        if (json[at + 1] != 'u') {
            at += 2;
            continue;
        }
        unsigned const unit = code_unit(json.data() + at + 2);
        if (unit == 0) {
            return fmt::format("has \\u0000 at byte {}, which PostgreSQL cannot store", at);
        }
        bool const paired = is_high_surrogate(unit) && json.substr(at + 6, 2) == "\\u" &&
                            is_low_surrogate(code_unit(json.data() + at + 8));
        if (!paired && (is_high_surrogate(unit) || is_low_surrogate(unit))) {
            return fmt::format("has half a surrogate pair at byte {}", at);
        }
        at += paired ? 12 : 6;
    }
    return std::nullopt;
}

std::optional<std::string> json_problem(simdjson::padded_string_view padded) {
    switch (auto const failed = check(padded); failed) {
    case simdjson::SUCCESS:
        return escape_problem(padded);
    case simdjson::EMPTY:
        return "is empty, where JSON is expected";
    case simdjson::DEPTH_ERROR:
        return fmt::format("is nested more than {} deep", max_json_nesting);
    case simdjson::UTF8_ERROR:
        return "is not UTF-8";
    case simdjson::NUMBER_ERROR:
        return "has a number that is malformed or beyond 64-bit integers and doubles";
    default:
        return fmt::format("is not valid JSON: {}", simdjson::error_message(failed));
    }
}

} // namespace tasker::wire
