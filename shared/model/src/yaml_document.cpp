#include "core_schema.hpp"
#include "document_builder.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/model/workflow_template.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace tasker::model {

namespace {

constexpr std::string_view tag_prefix = "tag:yaml.org,2002:";

int line_of(YAML::Mark const& mark) {
    return mark.line + 1;
}

/// The text after an anchor or tag, where a scalar begins.
std::string_view scalar_behind(std::string_view text) {
    while (text.starts_with('&') || text.starts_with('!')) {
        text.remove_prefix(std::min(text.find_first_of(" \t\r\n"), text.size()));
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    }
    return text;
}

/// The text between the quotes of a scalar, including escapes.
std::string_view quoted_part(std::string_view scalar) {
    char const quote = scalar.front();
    scalar.remove_prefix(1);
    std::size_t end = 0;
    while (end < scalar.size() && scalar[end] != quote) {
        end += quote == '"' && scalar[end] == '\\' ? 2 : 1;
    }
    return scalar.substr(0, end);
}

/// yaml-cpp 0.7 loses line ends of the scalars that this refuses.
void check_line_ends(std::string_view scalar, int line) {
    if (scalar.starts_with('>')) {
        auto const header = scalar.substr(0, scalar.find_first_of(" \t\r\n"));
        if (header.find('+') != std::string_view::npos) {
            throw_unreadable(line, "begins with >+, which is not supported; use |+ or >");
        }
    } else if (scalar.starts_with('"') || scalar.starts_with('\'')) {
        auto const content = quoted_part(scalar);
        auto const last = content.find_last_not_of(" \t\r\n");
        auto const blanks = last == std::string_view::npos ? content : content.substr(last + 1);
        if (std::ranges::count(blanks, '\n') > 1) {
            throw_unreadable(line, "has blank lines before the closing quote, which is not "
                                   "supported; use a block that begins with |");
        }
    }
}

/// Not YAML::Node: it accepts duplicate keys, forgets lines, and costs ten times as much.
class yaml_events final : public YAML::EventHandler {
public:
    /// `text`: the parser's input.
    yaml_events(document_builder& builder, std::string_view text)
        : builder_{builder},
          text_{text} {}

    void OnDocumentStart(YAML::Mark const& mark) override {
        if (started_) {
            throw_unreadable(line_of(mark), "contains more than one YAML document: \"---\" begins "
                                            "another one, even at the end");
        }
        started_ = true;
    }

    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        if (builder_.expects_key()) {
            throw_unreadable(line_of(mark),
                             "has a key that is null or empty; put it in quotes if it is a name");
        }
        builder_.scalar(node_kind::null, line_of(mark), {}, {}, anchor);
    }

    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        builder_.alias(line_of(mark), anchor);
    }

    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        int const line = line_of(mark);
        if (tag == "?") {
            if (value == "<<" && builder_.expects_key()) {
                throw_unreadable(line, "has a merge key (<<), which is not supported; write the "
                                       "keys out, or put \"<<\" in quotes if it is a name");
            }
            typed_scalar const typed = resolve_plain_scalar(value, line);
            builder_.scalar(typed.kind, line, value, typed.value, anchor);
        } else if (tag.empty() || tag == "!" || tag == std::string{tag_prefix} + "str") {
            auto const at = std::min(static_cast<std::size_t>(mark.pos), text_.size());
            check_line_ends(scalar_behind(text_.substr(at)), line);
            builder_.scalar(node_kind::string, line, value, {}, anchor);
        } else {
            refuse_tag(line, tag);
        }
    }

    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        check_tag(line_of(mark), tag, "seq");
        builder_.open(node_kind::list, line_of(mark), anchor);
    }

    void OnSequenceEnd() override {
        builder_.close();
    }

    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        check_tag(line_of(mark), tag, "map");
        builder_.open(node_kind::mapping, line_of(mark), anchor);
    }

    void OnMapEnd() override {
        builder_.close();
    }

private:
    static void check_tag(int line, std::string const& tag, std::string_view expected) {
        bool const fits = tag.empty() || tag == "?" || tag == "!" ||
                          (tag.starts_with(tag_prefix) &&
                           std::string_view{tag}.substr(tag_prefix.size()) == expected);
        if (!fits) {
            refuse_tag(line, tag);
        }
    }

    [[noreturn]] static void refuse_tag(int line, std::string const& tag) {
        throw_unreadable(line, "has the tag " + tag.substr(0, 80) + ", which is not supported");
    }

    document_builder& builder_;
    std::string_view text_;
    bool started_ = false;
};

/// YAML 1.2, section 5.1; yaml-cpp would end or split the text at some of them.
bool is_refused_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
           c == '\x7f';
}

void check_characters(std::string_view text) {
    auto const found = std::ranges::find_if(text, is_refused_control);
    if (found != text.end()) {
        throw_unreadable(
            1 + static_cast<int>(std::count(text.begin(), found, '\n')),
            fmt::format("contains the control character U+{:04X}; write it as an escape "
                        "in double quotes",
                        static_cast<unsigned>(*found)));
    }
}

/// JSON is YAML, but yaml-cpp does not support surrogate pairs.
bool is_json_object(std::string_view text) {
    auto const first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{' &&
           !json::find_problem(text, max_nesting);
}

bool is_indented_by_tab(std::string_view text, int line) {
    for (int at = 1; at < line; ++at) {
        text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
    }
    auto const indentation = text.substr(0, text.find_first_not_of(" \t"));
    return indentation.find('\t') != std::string_view::npos;
}

std::string reason(YAML::Exception const& failure, std::string_view text) {
    if (failure.msg.starts_with("invalid unicode: ")) {
        return "a \\u escape is half of a surrogate pair; write the character itself, or send the "
               "template as JSON";
    }
    std::string out = failure.msg;
    return out.append(is_indented_by_tab(text, line_of(failure.mark))
                          ? "; the line begins with a tab, indent with spaces"
                          : "");
}

} // namespace

document read_yaml(std::string_view text) {
    text = json::without_bom(text);
    if (text.size() > max_template_bytes) {
        throw_unreadable(0, "is longer than " + std::to_string(max_template_bytes) + " bytes");
    }
    if (!simdjson::validate_utf8(text)) {
        throw_unreadable(0, "is not UTF-8");
    }
    if (is_json_object(text)) {
        return read_json(text);
    }
    check_characters(text);
    document_builder builder;
    try {
        std::istringstream stream{std::string{text}};
        YAML::Parser parser{stream};
        yaml_events events{builder, text};
        if (!parser.HandleNextDocument(events)) {
            throw_unreadable(0, "is empty");
        }
        // A second document stops at its start.
        while (parser.HandleNextDocument(events)) {
        }
    } catch (YAML::Exception const& failure) {
        throw_unreadable(line_of(failure.mark), "is not valid YAML: " + reason(failure, text));
    }
    return std::move(builder).finish();
}

} // namespace tasker::model
