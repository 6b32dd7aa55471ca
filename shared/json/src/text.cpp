#include "tasker/json/text.hpp"

#include "tasker/base/utf8.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace tasker::json {
namespace {

constexpr bool must_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escaped(std::string& out, char c) {
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
}

} // namespace

std::string& append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t clean = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (must_escape(text[i])) {
            out.append(text, clean, i - clean);
            append_escaped(out, text[i]);
            clean = i + 1;
        }
    }
    return out.append(text, clean).append(1, '"');
}

std::string to_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::size_t const length = utf8_length(text);
        if (length == 0) {
            out += "\uFFFD";
            text.remove_prefix(1);
        } else {
            out.append(text, 0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

} // namespace tasker::json
