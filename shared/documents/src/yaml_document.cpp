#include "yaml_parser.hpp"

#include "tasker/json/syntax.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <string>

namespace tasker::documents {

namespace {

/// YAML 1.2, section 5.1.
bool is_refused_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n';
}

void check_controls(std::string_view text) {
    auto const found = std::ranges::find_if(text, is_refused_control);
    if (found != text.end()) {
        throw_unreadable(1 + static_cast<int>(std::count(text.begin(), found, '\n')),
                         fmt::format("contains the control character U+{:04X}; write it as an "
                                     "escape in double quotes",
                                     static_cast<unsigned>(*found)));
    }
}

/// `text` with \n for \r\n and \r.
std::string with_plain_line_ends(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        bool const ends = text[at] == '\r';
        out += ends ? '\n' : text[at];
        at += ends && text.substr(at + 1).starts_with('\n') ? 1 : 0;
    }
    return out;
}

} // namespace

document read_yaml(std::string_view text) {
    text = json::without_bom(text);
    if (text.size() > max_document_bytes) {
        throw_unreadable(0, "is longer than " + std::to_string(max_document_bytes) + " bytes");
    }
    if (!simdjson::validate_utf8(text)) {
        throw_unreadable(0, "is not UTF-8");
    }
    std::string converted;
    if (text.find('\r') != std::string_view::npos) {
        converted = with_plain_line_ends(text);
        text = converted;
    }
    check_controls(text);
    return yaml_parser{text}.read();
}

} // namespace tasker::documents
