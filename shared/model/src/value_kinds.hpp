#pragma once

#include "documents.hpp"

#include "tasker/json/writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The kinds of values that a key of a template may have.
///
/// A kind has these members: `value`, the type of the value in a struct; `literal`, the type of a
/// default in a constexpr table; and the functions
/// - `read`: the value of a node; reports what is wrong, and then returns none
/// - `write`: the value as JSON, as a template has it
/// - `write_column`: the value as JSON, as its column of tasker.template_steps has it, if it has
/// one
/// - `merge`: what an override does to the value
/// - `describe`: the members of its JSON Schema

namespace tasker::model {

/// What most kinds share.
template <class Value, class Literal = Value>
struct value_kind {
    using value = Value;
    using literal = Literal;

    static void merge(Value& onto, Value const& from) {
        onto = from;
    }
};

struct boolean_kind : value_kind<bool> {
    static std::optional<bool> read(reading in, document_path const& path, node_index node);
    static void write(std::string& out, bool value);
    static void write_column(std::string& out, bool value);
    static void describe(json::object_writer& schema);
};

struct integer_kind : value_kind<std::int32_t> {
    constexpr integer_kind(std::int32_t lowest, std::int32_t highest)
        : least{lowest},
          most{highest} {}

    std::optional<std::int32_t> read(reading in, document_path const& path, node_index node) const;
    static void write(std::string& out, std::int32_t value);
    static void write_column(std::string& out, std::int32_t value);
    void describe(json::object_writer& schema) const;

    std::int32_t least;
    std::int32_t most;
};

/// Seconds with up to three decimals; a column has whole milliseconds.
struct seconds_kind : value_kind<std::chrono::milliseconds> {
    constexpr explicit seconds_kind(std::chrono::milliseconds highest) : most{highest} {}

    std::optional<std::chrono::milliseconds> read(reading in, document_path const& path,
                                                  node_index node) const;
    static void write(std::string& out, std::chrono::milliseconds value);
    static void write_column(std::string& out, std::chrono::milliseconds value);
    void describe(json::object_writer& schema) const;

    std::chrono::milliseconds most; ///< the least is one millisecond
};

/// A number of items, or a percentage of them: 3, "10%".
struct share_kind : value_kind<std::string, std::string_view> {
    constexpr explicit share_kind(std::int32_t highest) : most{highest} {}

    std::optional<std::string> read(reading in, document_path const& path, node_index node) const;
    static void write(std::string& out, std::string_view value);
    void describe(json::object_writer& schema) const;

    std::int32_t most; ///< the least is 0
};

/// A string that obeys a rule.
struct text_kind : value_kind<std::string, std::string_view> {
    /// Returns the problem as a sentence without its subject ("must be …"), or none.
    using rule = std::optional<std::string> (*)(std::string_view);

    constexpr text_kind() = default;

    /// `expression` is the rule for JSON Schema, as far as a regular expression can express it.
    constexpr text_kind(rule rule_of_text, std::string_view expression)
        : problem_of{rule_of_text},
          pattern{expression} {}

    std::optional<std::string> read(reading in, document_path const& path, node_index node) const;
    static void write(std::string& out, std::string_view value);
    static void write_column(std::string& out, std::string_view value);
    void describe(json::object_writer& schema) const;

    rule problem_of = nullptr;
    std::string_view pattern;
};

/// A version. YAML reads `1.0` as a number, which this kind explains.
struct version_kind : text_kind {
    using text_kind::text_kind;

    std::optional<std::string> read(reading in, document_path const& path, node_index node) const;
};

/// One of some words, as text.
struct word_kind {
    std::optional<std::size_t> read_index(reading in, document_path const& path,
                                          node_index node) const;
    void describe(json::object_writer& schema) const;

    std::span<std::string_view const> words;
};

/// One of the words; the enumerators of `Enum` are their indices.
template <class Enum>
struct enum_kind : value_kind<Enum> {
    constexpr explicit enum_kind(std::span<std::string_view const> names) : words{names} {}

    std::optional<Enum> read(reading in, document_path const& path, node_index node) const {
        auto const index = words.read_index(in, path, node);
        return index ? std::optional{static_cast<Enum>(*index)} : std::nullopt;
    }

    void write(std::string& out, Enum chosen) const {
        text_kind::write(out, words.words[static_cast<std::size_t>(chosen)]);
    }

    void write_column(std::string& out, Enum chosen) const {
        write(out, chosen);
    }

    void describe(json::object_writer& schema) const {
        words.describe(schema);
    }

    word_kind words;
};

/// A list of up to `most` texts, none of them empty. An override replaces it.
struct texts_kind : value_kind<std::vector<std::string>, std::initializer_list<std::string>> {
    constexpr explicit texts_kind(std::size_t highest) : most{highest} {}

    std::optional<std::vector<std::string>> read(reading in, document_path const& path,
                                                 node_index node) const;
    static void write(std::string& out, std::vector<std::string> const& value);
    static void write_column(std::string& out, std::vector<std::string> const& value);
    void describe(json::object_writer& schema) const;

    std::size_t most; ///< the least is one
};

/// A mapping with any keys, as JSON text. An override is merged into it, mapping by mapping.
struct mapping_kind : value_kind<std::string, std::string_view> {
    static std::optional<std::string> read(reading in, document_path const& path, node_index node);
    static void write(std::string& out, std::string_view value);
    static void write_column(std::string& out, std::string_view value);
    static void merge(std::string& onto, std::string const& from);
    static void describe(json::object_writer& schema);
};

/// A mapping with any keys, whose strings may have placeholders (json/placeholders.hpp).
struct placeholders_kind : mapping_kind {
    constexpr explicit placeholders_kind(std::span<std::string_view const> first_words)
        : sources{first_words} {}

    std::optional<std::string> read(reading in, document_path const& path, node_index node) const;
    static void merge(std::string& onto, std::string const& from);

    std::span<std::string_view const> sources; ///< the first words that have a value
};

/// A JSON Schema, as JSON text.
struct schema_kind : value_kind<std::string, std::string_view> {
    static std::optional<std::string> read(reading in, document_path const& path, node_index node);
    static void write(std::string& out, std::string_view value);
    static void describe(json::object_writer& schema);
};

/// Any JSON, as text.
struct json_kind : value_kind<std::string, std::string_view> {
    static std::optional<std::string> read(reading in, document_path const& path, node_index node);
    static void write(std::string& out, std::string_view value);
    static void describe(json::object_writer& schema);
};

/// How a page shows an approval to a person, as JSON text: {"title", "description"}.
struct form_kind : value_kind<std::string, std::string_view> {
    static std::optional<std::string> read(reading in, document_path const& path, node_index node);
    static void write(std::string& out, std::string_view value);
    static void describe(json::object_writer& schema);
};

} // namespace tasker::model
