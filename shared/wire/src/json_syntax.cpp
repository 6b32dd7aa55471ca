#include "json_syntax.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <limits>

namespace tasker::wire {

namespace {

// A parser keeps the memory of the largest text it has seen, some ten times its length: large ones
// get a parser of their own.
constexpr std::size_t largest_kept = std::size_t{64} << 10;

/// Only finds where the first error is. Stops without one where the text is nested too deep.
class error_finder final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit error_finder(std::size_t deepest) : deepest_{deepest} {}

    std::size_t position = 0; ///< in bytes, from 1; 0: there is no error

    bool null() override {
        return true;
    }
    bool boolean(bool /*value*/) override {
        return true;
    }
    bool number_integer(number_integer_t /*value*/) override {
        return true;
    }
    bool number_unsigned(number_unsigned_t /*value*/) override {
        return true;
    }
    bool number_float(number_float_t /*value*/, string_t const& /*text*/) override {
        return true;
    }
    bool string(string_t& /*value*/) override {
        return true;
    }
    bool binary(binary_t& /*value*/) override {
        return true;
    }
    bool start_object(std::size_t /*elements*/) override {
        return ++depth_ <= deepest_;
    }
    bool key(string_t& /*value*/) override {
        return true;
    }
    bool end_object() override {
        --depth_;
        return true;
    }
    bool start_array(std::size_t /*elements*/) override {
        return ++depth_ <= deepest_;
    }
    bool end_array() override {
        --depth_;
        return true;
    }
    bool parse_error(std::size_t at, std::string const& /*last_token*/,
                     nlohmann::detail::exception const& /*failure*/) override {
        position = at;
        return false;
    }

private:
    std::size_t deepest_;
    std::size_t depth_ = 0;
};

/// Valid JSON, whatever its numbers are.
bool is_json(std::string_view text, std::size_t deepest) {
    error_finder finder{deepest};
    return nlohmann::json::sax_parse(text.begin(), text.end(), &finder);
}

/// " at line 3, column 7", or nothing. simdjson tells no position, so a text that it refuses is
/// read once more by a parser that does.
std::string position_of_error(std::string_view text) {
    error_finder finder{std::numeric_limits<std::size_t>::max()};
    nlohmann::json::sax_parse(text.begin(), text.end(), &finder);
    if (finder.position == 0) {
        return {};
    }
    std::string_view const before = text.substr(0, finder.position - 1);
    auto const line = 1 + std::ranges::count(before, '\n');
    auto const column = before.size() - (before.rfind('\n') + 1) + 1;
    return " at line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::string reason(simdjson::error_code failure, std::string_view text, std::size_t deepest) {
    switch (failure) {
    case simdjson::EMPTY:
        return "is empty";
    case simdjson::UTF8_ERROR:
        return "is not UTF-8";
    case simdjson::DEPTH_ERROR:
        return "is nested deeper than " + std::to_string(deepest) + " levels";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
        return "is too large";
    default:
        break;
    }
    std::string position = position_of_error(text);
    if (position.empty() && failure == simdjson::NUMBER_ERROR) {
        return "has a number that does not fit 64 bits";
    }
    return "is not valid JSON" + position;
}

} // namespace

std::optional<std::string> check_syntax(std::string_view text, std::size_t deepest,
                                        numbers accepted) {
    thread_local simdjson::dom::parser kept;
    simdjson::dom::parser own;
    auto& parser = text.size() <= largest_kept ? kept : own;
    // simdjson counts the values of the innermost level as one more.
    auto failure = parser.allocate(std::max(text.size(), largest_kept), deepest + 1);
    if (failure == simdjson::SUCCESS) {
        failure = parser.parse(text.data(), text.size()).error();
    }
    if (failure == simdjson::NUMBER_ERROR && accepted == numbers::any && is_json(text, deepest)) {
        return std::nullopt;
    }
    return failure == simdjson::SUCCESS ? std::nullopt
                                        : std::optional{reason(failure, text, deepest)};
}

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

} // namespace tasker::wire
