#include "document_builder.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace tasker::documents {

namespace {

struct reading_position {
    int line = 1;
    int token_line = 1; ///< of the last character that is not white space
};

/// Counts lines as the parser advances. The parser reads at most one character past a token, so
/// the line of the last character that is not white space is the token's.
class counting_iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = char const*;
    using reference = char const&;

    counting_iterator(char const* at, reading_position& position) : at_{at}, position_{&position} {}

    char const& operator*() const {
        return *at_;
    }

    counting_iterator& operator++() {
        if (*at_ == '\n') {
            ++position_->line;
        } else if (*at_ != ' ' && *at_ != '\t' && *at_ != '\r') {
            position_->token_line = position_->line;
        }
        ++at_;
        return *this;
    }

    friend bool operator==(counting_iterator const& left, counting_iterator const& right) {
        return left.at_ == right.at_;
    }

private:
    char const* at_;
    reading_position* position_;
};

class json_events final : public nlohmann::json_sax<nlohmann::json> {
public:
    json_events(document_builder& builder, reading_position const& position)
        : builder_{builder},
          position_{position} {}

    bool null() override {
        return scalar(node_kind::null, {}, {});
    }

    bool boolean(bool value) override {
        return scalar(node_kind::boolean, value ? "true" : "false", value);
    }

    bool number_integer(number_integer_t value) override {
        return scalar(node_kind::integer, std::to_string(value), value);
    }

    bool number_unsigned(number_unsigned_t value) override {
        // The same type for both, as in YAML.
        if (std::in_range<std::int64_t>(value)) {
            return number_integer(static_cast<std::int64_t>(value));
        }
        return scalar(node_kind::integer, std::to_string(value), value);
    }

    bool number_float(number_float_t value, string_t const& text) override {
        if (text.find_first_of(".eE") == string_t::npos) {
            throw_too_large(position_.token_line, text);
        }
        return scalar(node_kind::real, text, value);
    }

    bool string(string_t& value) override {
        return scalar(node_kind::string, value, {});
    }

    bool binary(binary_t& /*value*/) override {
        return false;
    }

    bool start_object(std::size_t /*elements*/) override {
        builder_.open(node_kind::mapping, position_.token_line);
        return true;
    }

    bool key(string_t& value) override {
        return scalar(node_kind::string, value, {});
    }

    bool end_object() override {
        builder_.close();
        return true;
    }

    bool start_array(std::size_t /*elements*/) override {
        builder_.open(node_kind::list, position_.token_line);
        return true;
    }

    bool end_array() override {
        builder_.close();
        return true;
    }

    bool parse_error(std::size_t /*position*/, std::string const& /*last_token*/,
                     nlohmann::detail::exception const& failure) override {
        throw_unreadable(position_.token_line, "is not valid JSON: " + reason(failure.what()));
    }

private:
    bool scalar(node_kind kind, std::string_view text, document_builder::scalar_value value) {
        builder_.scalar(kind, position_.token_line, text, value);
        return true;
    }

    /// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while
    /// parsing value - invalid literal; last read: 'x'": the part between the position and the text
    /// that was read, which may have any length.
    static std::string reason(std::string_view message) {
        if (auto const position = message.find("column "); position != std::string_view::npos) {
            auto const colon = message.find(": ", position);
            message = colon == std::string_view::npos ? message : message.substr(colon + 2);
        } else if (auto const bracket = message.find("] "); bracket != std::string_view::npos) {
            message = message.substr(bracket + 2);
        }
        return std::string{message.substr(0, message.find("; last read"))}.substr(0, 200);
    }

    document_builder& builder_;
    reading_position const& position_;
};

void append_json(std::string& out, document const& source, node_index index);

void append_list(std::string& out, document const& source, node_index first) {
    out += '[';
    for (node_index item = first; item != no_node; item = source[item].next_sibling) {
        out.append(item == first ? "" : ",");
        append_json(out, source, item);
    }
    out += ']';
}

void append_mapping(std::string& out, document const& source, node_index first) {
    std::vector<std::pair<std::string_view, node_index>> members;
    for (node_index key = first; key != no_node;) {
        node_index const value = source[key].next_sibling;
        members.emplace_back(source[key].text, value);
        key = source[value].next_sibling;
    }
    std::ranges::sort(members);
    out += '{';
    char const* separator = "";
    for (auto const& [key, value] : members) {
        json::append_string(out.append(separator), key);
        append_json(out += ':', source, value);
        separator = ",";
    }
    out += '}';
}

void append_json(std::string& out, document const& source, node_index index) {
    document_node const& node = source[index];
    switch (node.kind) {
    case node_kind::null:
        out += "null";
        break;
    case node_kind::boolean:
        out += std::get<bool>(node.value) ? "true" : "false";
        break;
    case node_kind::integer:
        out += std::holds_alternative<std::int64_t>(node.value)
                   ? std::to_string(std::get<std::int64_t>(node.value))
                   : std::to_string(std::get<std::uint64_t>(node.value));
        break;
    case node_kind::real:
        // YAML also allows .5, +1.5 and 5., which JSON does not.
        out += json::find_problem(node.text) ? nlohmann::json(std::get<double>(node.value)).dump()
                                             : std::string{node.text};
        break;
    case node_kind::string:
        json::append_string(out, node.text);
        break;
    case node_kind::list:
        append_list(out, source, node.first_child);
        break;
    case node_kind::mapping:
        append_mapping(out, source, node.first_child);
        break;
    }
}

} // namespace

document read_json(std::string_view text) {
    text = json::without_bom(text);
    if (text.size() > max_document_bytes) {
        throw_unreadable(0, "is longer than " + std::to_string(max_document_bytes) + " bytes");
    }
    if (!simdjson::validate_utf8(text)) {
        throw_unreadable(0, "is not UTF-8");
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        throw_unreadable(0, "is empty");
    }
    document_builder builder;
    reading_position position;
    json_events events{builder, position};
    nlohmann::json::sax_parse(counting_iterator{text.data(), position},
                              counting_iterator{text.data() + text.size(), position}, &events);
    return std::move(builder).finish();
}

std::string to_json(document const& source, node_index node) {
    std::string out;
    append_json(out, source, node);
    return out;
}

} // namespace tasker::documents
