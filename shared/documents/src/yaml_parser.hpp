#pragma once

#include "document_builder.hpp"
#include "yaml_scanner.hpp"

#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace tasker::documents {

/// Feeds one YAML 1.2 document to a builder. The builder limits how deep calls nest; the time is in
/// proportion to the length of the text.
class yaml_parser {
public:
    /// `text`: as for yaml_scanner.
    explicit yaml_parser(std::string_view text) : scanner_{text} {}

    /// Throws unreadable_document. Call it once.
    document read() &&;

private:
    /// What is before a node in a block; it decides which collections may begin there.
    enum class after : std::uint8_t {
        start,      ///< nothing
        start_mark, ///< "---"
        dash,       ///< "-"
        question,   ///< "?", or the ":" in the line after it
        key,        ///< "key:"
    };

    struct properties {
        int line = 0;
        std::string_view tag; ///< as written in the document
        document_builder::anchor anchor = 0;

        bool any() const noexcept {
            return !tag.empty() || anchor != 0;
        }
    };

    /// A scalar or an alias, read but not yet in the document: it may be a key.
    struct leaf {
        yaml_text text;
        properties given;
        bool alias = false;
        bool quoted = false;
    };

    bool read_directives();
    void read_version();
    void expect_end();

    void block_node(int parent, after before);
    bool is_empty_node(yaml_place const& at, int parent, after before) const;
    void block_content(int parent, yaml_place const& at, bool may_nest, properties const& outer,
                       properties const& inner);
    void block_list(int column, properties const& given);
    void block_mapping(int column, properties const& given, leaf const* first_key);
    void entry_after_question(int column);
    void value_of(leaf const& key, int column);
    leaf implicit_key(int column);
    bool continues(yaml_place const& at, int column) const;

    void flow_collection(properties const& given, int indent);
    void flow_list(int indent);
    void flow_mapping(int indent);
    void flow_list_item(int indent);
    bool flow_node(int indent);
    void flow_value(int indent, bool after_json);
    void flow_gap(int indent);
    void next_flow_entry(char closing, int indent);
    void refuse_empty_entry() const;
    bool at_flow_end() const;
    bool at_flow_value(bool after_json) const;

    bool read_property(properties& given, bool flow);
    properties merge(properties const& outer, properties const& inner) const;
    leaf read_leaf(properties const& given, int indent, bool flow);
    void emit(leaf const& node);
    void emit_plain(leaf const& node);
    void emit_empty(properties const& given);
    void open(node_kind kind, int line, properties const& given);
    static void check_tag(properties const& given, std::string_view expected);
    document_builder::anchor find_anchor(std::string_view name, int line) const;

    yaml_scanner scanner_;
    document_builder builder_;
    std::unordered_map<std::string_view, document_builder::anchor>
        anchors_; // the last of each name
    document_builder::anchor last_anchor_ = 0;
    int flow_line_ = 0; // where the outermost open [ or { is
};

[[noreturn]] void refuse_null_key(int line);
[[noreturn]] void refuse_collection_key(int line);

} // namespace tasker::documents
