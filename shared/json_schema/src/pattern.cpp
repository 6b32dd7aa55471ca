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

/// ECMA-262's \u00e9 is \x{00e9} in RE2, and its \s and \S know the white space of Unicode.
std::string to_re2(std::string_view source) {
    constexpr std::string_view space = R"(\s\v\x{feff}\x{2028}\x{2029}\p{Zs})";
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\\' || i + 1 == source.size()) {
            in_class = source[i] == '[' || (in_class && source[i] != ']');
            out += source[i];
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
