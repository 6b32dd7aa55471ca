#include "pattern.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace tasker::json_schema {

namespace {

constexpr std::size_t max_pattern_bytes = 4'096;
constexpr std::int64_t max_memory_bytes = std::int64_t{1} << 20;

bool is_hexadecimal(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

/// The start of a class: `[`, `[^`, and a `]` that belongs to it because it comes first, as in RE2.
std::string_view class_start(std::string_view source) {
    std::size_t length = source.starts_with("[^") ? 2 : 1;
    length += source.substr(length).starts_with(']') ? 1 : 0;
    return source.substr(0, length);
}

/// Of what a class contains next: a class of POSIX such as `[:alpha:]`, or one character.
std::size_t length_in_class(std::string_view source) {
    auto const end = source.starts_with("[:") ? source.find(":]", 2) : std::string_view::npos;
    return end == std::string_view::npos ? 1 : end + 2;
}

/// ECMA-262's \u00e9 is \x{00e9} in RE2, and its \s and \S know the white space of Unicode.
std::string to_re2(std::string_view source) {
    constexpr std::string_view space = R"(\s\v\x{feff}\x{2028}\x{2029}\p{Zs})";
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\\' || i + 1 == source.size()) {
            auto const rest = source.substr(i);
            auto const begins_class = !in_class && rest.starts_with('[');
            auto const length = begins_class ? class_start(rest).size()
                                : in_class   ? length_in_class(rest)
                                             : 1;
            in_class = begins_class || (in_class && !rest.starts_with(']'));
            out += rest.substr(0, length);
            i += length - 1;
            continue;
        }
        if (source[i + 1] == 's' || (source[i + 1] == 'S' && !in_class)) {
            out.append(in_class ? "" : source[i + 1] == 's' ? "[" : "[^").append(space);
            out.append(in_class ? "" : "]");
            ++i;
            continue;
        }
        std::string_view const digits = source.substr(std::min(i + 2, source.size()), 4);
        if (source[i + 1] == 'u' && digits.size() == 4 && is_hexadecimal(digits)) {
            out.append("\\x{").append(digits).append("}");
            i += 5;
        } else {
            out += source[i];
            out += source[++i];
        }
    }
    return out;
}

} // namespace

pattern::pattern(std::string_view source) : source_{source} {
    if (source.size() > max_pattern_bytes) {
        problem_ = "is longer than " + std::to_string(max_pattern_bytes) + " bytes";
        return;
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(max_memory_bytes);
    auto compiled = std::make_shared<re2::RE2 const>(to_re2(source), options);
    if (!compiled->ok()) {
        problem_ = "is not a supported regular expression (RE2): " + compiled->error();
        return;
    }
    compiled_ = std::move(compiled);
}

bool pattern::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *compiled_);
}

} // namespace tasker::json_schema
