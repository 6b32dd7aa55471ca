#include "tasker/json/walker.hpp"

#include "tasker/base/utf8.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace tasker::json {

namespace {

std::uint32_t hexadecimal(std::string_view digits) {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

constexpr std::uint32_t first_high_surrogate = 0xd800;
constexpr std::uint32_t first_low_surrogate = 0xdc00;
constexpr std::uint32_t last_low_surrogate = 0xdfff;
constexpr std::uint32_t replacement = 0xfffd; // for half a pair, which PostgreSQL accepts

/// Reads the digits after "\u", and a second half if needed. Afterwards `at` is after it.
std::uint32_t unescape_code_point(std::string_view raw, std::size_t& at) {
    std::uint32_t const unit = hexadecimal(raw.substr(at, 4));
    at += 4;
    if (unit < first_high_surrogate || unit > last_low_surrogate) {
        return unit;
    }
    std::string_view const rest = raw.substr(at);
    std::uint32_t const low = rest.starts_with("\\u") ? hexadecimal(rest.substr(2, 4)) : 0;
    if (unit >= first_low_surrogate || low < first_low_surrogate || low > last_low_surrogate) {
        return replacement;
    }
    at += 6;
    return 0x1'0000U + ((unit - first_high_surrogate) << 10U) + (low - first_low_surrogate);
}

} // namespace

std::string_view describe(value_kind kind) {
    constexpr std::array<std::string_view, 6> names{"null",     "a boolean", "a number",
                                                    "a string", "an array",  "an object"};
    return names[static_cast<std::size_t>(kind)];
}

value_kind walker::kind() const {
    switch (*at_) {
    case '{':
        return value_kind::object;
    case '[':
        return value_kind::array;
    case '"':
        return value_kind::string;
    case 't':
    case 'f':
        return value_kind::boolean;
    case 'n':
        return value_kind::null;
    default:
        return value_kind::number;
    }
}

bool walker::leaves(char closing) {
    skip_space();
    if (*at_ == closing) {
        ++at_;
        skip_space();
        return true;
    }
    if (*at_ == ',') {
        ++at_;
        skip_space();
    }
    return false;
}

std::string_view walker::raw_string() {
    char const* const begin = ++at_;
    for (;;) {
        auto const* const quote =
            static_cast<char const*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
        char const* before = quote;
        while (before != begin && before[-1] == '\\') {
            --before;
        }
        at_ = quote + 1;
        if ((quote - before) % 2 == 0) {
            return {begin, static_cast<std::size_t>(quote - begin)};
        }
    }
}

void walker::skip_container() {
    std::size_t depth = 0;
    do {
        switch (*at_) {
        case '"':
            raw_string();
            continue;
        case '{':
        case '[':
            ++depth;
            break;
        case '}':
        case ']':
            --depth;
            break;
        default:
            break;
        }
        ++at_;
    } while (depth > 0);
}

std::string_view walker::raw() {
    char const* const begin = at_;
    switch (kind()) {
    case value_kind::object:
    case value_kind::array:
        skip_container();
        break;
    case value_kind::string:
        raw_string();
        break;
    default:
        while (at_ != end_ && std::strchr(",]} \n\r\t", *at_) == nullptr) {
            ++at_;
        }
        break;
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
}

std::string walker::string() {
    std::string_view const raw = raw_string();
    return raw.find('\\') == std::string_view::npos ? std::string{raw} : unescape(raw);
}

std::string unescape(std::string_view raw) {
    constexpr std::string_view letters = "bfnrt";
    constexpr std::string_view meanings = "\b\f\n\r\t";
    std::string out;
    out.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size();) {
        if (raw[at] != '\\') {
            out += raw[at++];
            continue;
        }
        char const letter = raw[at + 1];
        at += 2;
        if (letter == 'u') {
            append_code_point(out, unescape_code_point(raw, at));
        } else if (auto const letter_index = letters.find(letter);
                   letter_index != std::string_view::npos) {
            out += meanings[letter_index];
        } else {
            out += letter; // a quote or a slash
        }
    }
    return out;
}

} // namespace tasker::json
