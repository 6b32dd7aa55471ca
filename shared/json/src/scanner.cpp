#include "scanner.hpp"

#include "tasker/base/utf8.hpp"
#include "tasker/json/path.hpp"
#include "tasker/json/walker.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tasker::json {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr std::int64_t huge_exponent = 1'000'000'000;

/// The number unchanged, cut if it is huge. REQUIRES: `number` has JSON's form.
std::int64_t exponent_of(std::string_view number) {
    auto const letter = number.find_first_of("eE");
    if (letter == std::string_view::npos) {
        return 0;
    }
    auto text = number.substr(letter + 1);
    text.remove_prefix(text.front() == '+' ? 1 : 0);
    std::int64_t exponent = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc{}) {
        exponent = text.front() == '-' ? -huge_exponent : huge_exponent;
    }
    return std::clamp(exponent, -huge_exponent, huge_exponent);
}

/// The power of ten of a number's first nonzero digit: 2 for 123, -3 for 0.00123.
std::int64_t magnitude(std::string_view number) {
    auto const mantissa = number.substr(0, number.find_first_of("eE"));
    auto const first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) {
        return -huge_exponent;
    }
    auto const point = std::min(mantissa.find('.'), mantissa.size());
    auto const scale = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    return exponent_of(number) + (scale > 0 ? scale - 1 : scale);
}

bool is_finite(std::string_view number) {
    double value = 0;
    auto const failure = std::from_chars(number.data(), number.data() + number.size(), value).ec;
    // A number out of range may also be too small; then it reads as 0.
    return failure == std::errc{} || magnitude(number) < 0;
}

class scanner {
public:
    scanner(std::string_view text, std::size_t deepest, numbers accepted)
        : text_{text},
          deepest_{deepest},
          accepted_{accepted} {}

    /// Throws syntax_problem.
    void read() {
        skip_space();
        if (at_ == text_.size()) {
            fail_with("is empty");
        }
        for (bool more = true; more;) {
            more = read_value() || leave_values();
        }
        if (at_ != text_.size()) {
            fail("expected the end of the text");
        }
    }

private:
    struct level {
        bool is_object;
        std::size_t index = 0;
        std::string_view key; ///< as written, without quotes
    };

    /// True if it entered a non-empty container, so that a value follows.
    bool read_value() {
        switch (peek()) {
        case '{':
        case '[':
            return enter();
        case '"':
            read_string();
            return false;
        case 't':
            read_word("true");
            return false;
        case 'f':
            read_word("false");
            return false;
        case 'n':
            read_word("null");
            return false;
        default:
            read_number();
            return false;
        }
    }

    bool enter() {
        if (levels_.size() == deepest_) {
            fail_with("is nested deeper than " + std::to_string(deepest_) + " levels");
        }
        bool const is_object = text_[at_++] == '{';
        levels_.push_back({.is_object = is_object, .index = 0, .key = {}});
        skip_space();
        if (peek() == (is_object ? '}' : ']')) {
            return false;
        }
        if (is_object) {
            read_key();
        }
        return true;
    }

    /// After a value: true if another one follows, in this container or an outer one.
    bool leave_values() {
        for (;;) {
            skip_space();
            if (levels_.empty()) {
                return false;
            }
            auto& inside = levels_.back();
            char const next = peek();
            if (next == (inside.is_object ? '}' : ']')) {
                ++at_;
                levels_.pop_back();
                continue;
            }
            if (next != ',') {
                fail(inside.is_object ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"");
            }
            ++at_;
            ++inside.index;
            skip_space();
            if (inside.is_object) {
                read_key();
            }
            return true;
        }
    }

    void read_key() {
        levels_.back().key = {};
        if (peek() != '"') {
            fail("expected a member's name in double quotes");
        }
        levels_.back().key = read_string();
        skip_space();
        if (peek() != ':') {
            fail("expected \":\" after the member's name");
        }
        ++at_;
        skip_space();
    }

    std::string_view read_string() {
        auto const begin = ++at_;
        for (;;) {
            if (at_ == text_.size()) {
                fail("the text ends within a string");
            }
            char const c = text_[at_];
            if (c == '"') {
                return text_.substr(begin, at_++ - begin);
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                fail("a control character in a string must be escaped");
            }
            if (c == '\\') {
                read_escape();
                continue;
            }
            auto const length = utf8_length(text_.substr(at_));
            if (length == 0) {
                fail_with("is not UTF-8" + position());
            }
            at_ += length;
        }
    }

    void read_escape() {
        char const letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (letter != 'u') {
            if (std::string_view{"\"\\/bfnrt"}.find(letter) == std::string_view::npos) {
                fail("unknown escape in a string");
            }
            at_ += 2;
            return;
        }
        auto const unit = code_unit(at_);
        if (unit == 0) {
            fail_with("contains the character U+0000" + position());
        }
        bool const is_high = unit >= 0xd800 && unit < 0xdc00;
        bool const is_low = unit >= 0xdc00 && unit < 0xe000;
        if (is_low || (is_high && !is_low_half(at_ + 6))) {
            fail("half a surrogate pair in a string");
        }
        at_ += is_high ? 12 : 6;
    }

    std::uint32_t code_unit(std::size_t escape) {
        auto const digits = text_.substr(std::min(escape + 2, text_.size()), 4);
        if (digits.size() < 4 || !std::ranges::all_of(digits, is_hex)) {
            fail("\\u in a string needs four hexadecimal digits");
        }
        std::uint32_t unit = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
        return unit;
    }

    bool is_low_half(std::size_t escape) {
        if (text_.substr(std::min(escape, text_.size()), 2) != "\\u") {
            return false;
        }
        auto const unit = code_unit(escape);
        return unit >= 0xdc00 && unit < 0xe000;
    }

    void read_word(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) {
            fail("expected a value");
        }
        at_ += word.size();
    }

    std::size_t skip_digits() {
        auto const begin = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) {
            ++at_;
        }
        return at_ - begin;
    }

    bool take(std::string_view any_of) {
        bool const found = at_ < text_.size() && any_of.find(text_[at_]) != std::string_view::npos;
        at_ += found ? 1 : 0;
        return found;
    }

    void read_number() {
        auto const begin = at_;
        bool const is_negative = take("-");
        auto const first = at_;
        auto const digits = skip_digits();
        if (digits == 0) {
            fail(is_negative ? "expected a digit after \"-\"" : "expected a value");
        }
        if (digits > 1 && text_[first] == '0') {
            at_ = first;
            fail("a number must not begin with 0");
        }
        bool is_integer = true;
        if (take(".")) {
            is_integer = false;
            if (skip_digits() == 0) {
                fail("expected a digit after \".\"");
            }
        }
        if (take("eE")) {
            is_integer = false;
            take("+-");
            if (skip_digits() == 0) {
                fail("expected a digit in the exponent");
            }
        }
        auto const number = text_.substr(begin, at_ - begin);
        if (accepted_ == numbers::finite && exponent_of(number) < least_exponent) {
            at_ = begin;
            fail_with("contains the number " + std::string{number.substr(0, 40)} +
                      ", whose exponent is out of range (at least " +
                      std::to_string(least_exponent) + ")" + position());
        }
        bool const may_be_large = accepted_ == numbers::any && is_integer;
        if (!may_be_large && !is_finite(number)) {
            at_ = begin;
            fail_with("contains the number " + std::string{number.substr(0, 40)} +
                      (number.size() > 40 ? "..." : "") +
                      ", which is out of range (at most 1.8e308)" + position());
        }
    }

    void skip_space() {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    }

    char peek() {
        if (at_ == text_.size()) {
            fail("the text ends too early");
        }
        return text_[at_];
    }

    std::string position() const {
        auto const before = text_.substr(0, at_);
        auto const line = before.substr(before.rfind('\n') + 1);
        return " at line " + std::to_string(1 + std::ranges::count(before, '\n')) + ", column " +
               std::to_string(1 + std::ranges::count(line, false, continues_character));
    }

    std::string path() const {
        constexpr std::size_t shown_levels = 8;
        std::string out;
        for (auto const& each : std::span{levels_}.first(std::min(levels_.size(), shown_levels))) {
            if (!each.is_object) {
                append_index(out, each.index);
            } else if (each.key.data() != nullptr) {
                append_key(out, unescape(each.key));
            }
        }
        return out.append(levels_.size() > shown_levels ? "..." : "");
    }

    [[noreturn]] void fail(std::string_view reason) const {
        fail_with("is not valid JSON" + position() + ": " + std::string{reason});
    }

    [[noreturn]] void fail_with(std::string problem) const {
        throw syntax_problem{path(), std::move(problem)};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t deepest_;
    numbers accepted_;
    std::vector<level> levels_;
};

} // namespace

std::optional<syntax_problem> scan(std::string_view text, std::size_t deepest, numbers accepted) {
    try {
        scanner{text, deepest, accepted}.read();
        return std::nullopt;
    } catch (syntax_problem& found) {
        return std::move(found);
    }
}

} // namespace tasker::json
