#include "line.hpp"

#include "tasker/json/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <type_traits>

namespace tasker::log {

namespace {

std::string_view name_of(level severity) {
    switch (severity) {
    case level::debug:
        return "debug";
    case level::info:
        return "info";
    case level::warn:
        return "warn";
    case level::error:
        return "error";
    }
    return "unknown";
}

/// As a string of JSON, shortened; bytes that are not UTF-8 become U+FFFD.
void append_quoted(std::string& line, std::string_view text) {
    auto shown = json::to_utf8(text.substr(0, value_size_limit));
    if (text.size() > value_size_limit) {
        shown += "…";
    }
    json::append_string(line, shown);
}

bool is_control(char c) {
    return (c >= 0 && c < ' ') || c == 0x7f;
}

/// Text that needs no quotes: people can read it between spaces, and programs can split at them.
bool is_plain(std::string_view text) {
    for (char const c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
            c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return !text.empty() && text.size() <= value_size_limit;
}

void append_text(std::string& line, std::string_view text, format output) {
    if (output == format::console && is_plain(text)) {
        line += text;
    } else {
        append_quoted(line, text);
    }
}

void append_value(std::string& line, value const& item, format output) {
    std::visit(
        [&line, output](auto const& content) {
            using content_type = std::remove_cvref_t<decltype(content)>;
            if constexpr (std::is_same_v<content_type, std::string_view>) {
                append_text(line, content, output);
            } else if constexpr (std::is_same_v<content_type, task_id>) {
                append_text(line, content.to_string(), output);
            } else if constexpr (std::is_same_v<content_type, timestamp>) {
                append_text(line, to_rfc3339(content), output);
            } else if constexpr (std::is_same_v<content_type, tasker::error const*>) {
                append_text(line, to_string(*content), output);
            } else if constexpr (std::is_same_v<content_type, double>) {
                // JSON cannot express infinities and NaN.
                line += std::isfinite(content) ? fmt::format("{}", content)
                                               : fmt::format("\"{}\"", content);
            } else {
                fmt::format_to(std::back_inserter(line), "{}", content);
            }
        },
        item.content());
}

std::string json_line(record const& entry) {
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","service":)",
                                   to_rfc3339(entry.time), name_of(entry.severity));
    append_quoted(line, entry.service);
    line += R"(,"event":)";
    append_quoted(line, entry.event);
    for (field const& detail : entry.details) {
        line += ',';
        append_quoted(line, detail.key);
        line += ':';
        append_value(line, detail.content, format::json);
    }
    line += '}';
    return line;
}

/// The lines of a text, printed below its event and indented so that none looks like an event.
void append_block(std::string& line, std::string_view key, std::string_view text) {
    line += "\n    ";
    append_text(line, key, format::console);
    line += ':';
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        line += "\n        ";
        for (char const c : json::to_utf8(text.substr(0, end))) {
            if (is_control(c)) {
                fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(c));
            } else {
                line += c;
            }
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

/// The text if it has several lines, otherwise none.
std::optional<std::string_view> block_of(value const& item) {
    auto const* const text = std::get_if<std::string_view>(&item.content());
    return text != nullptr && text->find('\n') != std::string_view::npos ? std::optional{*text}
                                                                         : std::nullopt;
}

std::string console_line(record const& entry) {
    std::string line = fmt::format("{} {:<5} ", to_rfc3339(entry.time), name_of(entry.severity));
    append_text(line, entry.service, format::console);
    line += ' ';
    append_text(line, entry.event, format::console);
    for (field const& detail : entry.details) {
        if (!block_of(detail.content)) {
            line += ' ';
            append_text(line, detail.key, format::console);
            line += '=';
            append_value(line, detail.content, format::console);
        }
    }
    for (field const& detail : entry.details) {
        if (auto const text = block_of(detail.content)) {
            append_block(line, detail.key, text->substr(0, value_size_limit));
        }
    }
    return line;
}

} // namespace

std::string to_line(record const& entry, format output) {
    return output == format::json ? json_line(entry) : console_line(entry);
}

} // namespace tasker::log
