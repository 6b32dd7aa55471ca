#pragma once

#include "value_kinds.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

/// Tables of keys, and what is done with every key of a table: read, write, override, describe.
/// template_fields.hpp has the tables.

namespace tasker::model {

/// A key of a mapping, with its value as a member of a struct. The member is a value of the kind,
/// or an optional one.
template <class Owner, class Member, class Kind>
struct field {
    constexpr field(std::string_view name, Member Owner::*place, Kind value_of,
                    std::string_view text)
        : key{name},
          member{place},
          kind{value_of},
          meaning{text} {}

    /// Its column of tasker.template_steps.
    constexpr field stored_in(std::string_view name) const {
        auto out = *this;
        out.column = name;
        return out;
    }

    /// A member of the column worker_settings, under its key: only the worker reads it.
    constexpr field for_worker() const {
        auto out = *this;
        out.is_for_worker = true;
        return out;
    }

    /// The value that the column has if no value is given.
    constexpr field defaults_to(typename Kind::literal value) const {
        auto out = *this;
        out.initial = value;
        return out;
    }

    constexpr field must_be_given() const {
        auto out = *this;
        out.required = true;
        return out;
    }

    std::string_view key;
    Member Owner::*member;
    Kind kind;
    std::string_view meaning; ///< for the documents and editors; Markdown
    std::string_view column{};
    std::optional<typename Kind::literal> initial{};
    bool required = false;
    bool is_for_worker = false;
};

/// A key whose value is a mapping with fields. They are members of the same struct.
template <class Owner, class... Fields>
struct group {
    /// Reports what is wrong with the fields together.
    using checker = void (*)(reading, document_path const&, mapping_reader const&, Owner const&);

    /// The fields together, as a JSON object with their keys, are one column of
    /// tasker.template_steps; null if none of them has a value. Their defaults apply if one has.
    constexpr group stored_in(std::string_view name) const {
        auto out = *this;
        out.column = name;
        return out;
    }

    /// A text is short for a mapping with only the first field.
    constexpr group or_first_value() const {
        auto out = *this;
        out.has_short_form = true;
        return out;
    }

    /// A mapping without this key is valid.
    constexpr group optional() const {
        auto out = *this;
        out.required = false;
        return out;
    }

    /// `rule` is the check as members of a JSON Schema.
    constexpr group checked_by(checker function, std::string_view rule) const {
        auto out = *this;
        out.check = function;
        out.schema_rule = rule;
        return out;
    }

    std::string_view key;
    std::tuple<Fields...> fields;
    bool required = false; ///< one of its fields is
    checker check = nullptr;
    std::string_view schema_rule{};
    std::string_view column{};
    bool has_short_form = false;
};

template <class Owner, class... Members, class... Kinds>
constexpr auto make_group(std::string_view key, field<Owner, Members, Kinds>... fields) {
    return group<Owner, field<Owner, Members, Kinds>...>{
        .key = key, .fields = std::tuple{fields...}, .required = (fields.required || ...)};
}

template <class Fields, class Each>
constexpr void for_each_field(Fields const& fields, Each each) {
    std::apply([&](auto const&... one) { (each(one), ...); }, fields);
}

/// The keys of the tables, for `mapping_reader`.
template <class... Tables>
constexpr auto keys_of(Tables const&... tables) {
    std::array<std::string_view, (std::tuple_size_v<Tables> + ...)> keys;
    std::size_t next = 0;
    (for_each_field(tables, [&](auto const& one) { keys.at(next++) = one.key; }), ...);
    return keys;
}

template <std::size_t M, std::size_t N>
constexpr auto joined(std::array<std::string_view, M> const& first,
                      std::array<std::string_view, N> const& second) {
    std::array<std::string_view, M + N> out;
    std::ranges::copy(second, std::ranges::copy(first, out.begin()).out);
    return out;
}

/// Whether required keys must be there: in an override they need not.
enum class completeness : std::uint8_t { whole, partial };

template <class Value>
Value const* given(std::optional<Value> const& member) {
    return member ? &*member : nullptr;
}

template <class Value>
Value const* given(Value const& member) {
    return &member;
}

template <class Fields, class Owner>
void read_fields(reading in, document_path const& path, mapping_reader const& from,
                 Fields const& fields, Owner& out, completeness expected);

template <class Owner, class Member, class Kind>
void read_field(reading in, document_path const& path, node_index node,
                field<Owner, Member, Kind> const& one, Owner& out, completeness /*expected*/) {
    if (auto value = one.kind.read(in, path, node)) {
        // Some of the members are not optional.
        out.*one.member = std::move(*value); // NOLINT(bugprone-optional-value-conversion)
    }
}

template <class Owner, class... Fields>
void read_field(reading in, document_path const& path, node_index node,
                group<Owner, Fields...> const& one, Owner& out, completeness expected) {
    if (one.has_short_form && in.source[node].kind == documents::node_kind::string) {
        read_field(in, path, node, std::get<0>(one.fields), out, expected);
        return;
    }
    static constexpr auto key_of = [](auto const&... each) { return std::array{each.key...}; };
    auto const keys = std::apply(key_of, one.fields);
    mapping_reader const from{in, path, node, keys};
    read_fields(in, path, from, one.fields, out, expected);
    if (one.check != nullptr) {
        one.check(in, path, from, out);
    }
}

/// Reads the values of a mapping's keys.
template <class Fields, class Owner>
void read_fields(reading in, document_path const& path, mapping_reader const& from,
                 Fields const& fields, Owner& out, completeness expected) {
    for_each_field(fields, [&](auto const& one) {
        bool const needed = one.required && expected == completeness::whole;
        if (auto const node = needed ? from.require(one.key) : from.find(one.key)) {
            read_field(in, document_path{path, one.key}, *node, one, out, expected);
        }
    });
}

template <class Owner, class Member, class Kind>
void write_field(json::object_writer& to, field<Owner, Member, Kind> const& one,
                 Owner const& from) {
    if (auto const* const value = given(from.*one.member)) {
        one.kind.write(to.key(one.key), *value);
    }
}

template <class Owner, class... Fields>
bool is_given(group<Owner, Fields...> const& one, Owner const& from) {
    return std::apply(
        [&](auto const&... each) { return ((given(from.*each.member) != nullptr) || ...); },
        one.fields);
}

template <class Owner, class... Fields>
void write_field(json::object_writer& to, group<Owner, Fields...> const& one, Owner const& from) {
    if (is_given(one, from)) {
        json::object_writer mapping{to.key(one.key)};
        for_each_field(one.fields, [&](auto const& each) { write_field(mapping, each, from); });
    }
}

/// Writes the keys that have a value, in the order of the table.
template <class Fields, class Owner>
void write_fields(json::object_writer& to, Fields const& fields, Owner const& from) {
    for_each_field(fields, [&](auto const& one) { write_field(to, one, from); });
}

/// Calls `each` for the fields of a table and those of its groups.
template <class Each>
struct each_single_field {
    template <class Owner, class Member, class Kind>
    void operator()(field<Owner, Member, Kind> const& one) const {
        each(one);
    }

    template <class Owner, class... Fields>
    void operator()(group<Owner, Fields...> const& one) const {
        for_each_field(one.fields, each);
    }

    Each each;
};

template <class Fields, class Each>
void for_each_single_field(Fields const& fields, Each each) {
    for_each_field(fields, each_single_field<Each>{std::move(each)});
}

template <class Owner, class Member, class Kind>
void set_default(field<Owner, Member, Kind> const& one, Owner& out) {
    if (one.initial && given(out.*one.member) == nullptr) {
        out.*one.member = typename Kind::value{*one.initial};
    }
}

template <class Owner, class... Fields>
void set_default(group<Owner, Fields...> const& one, Owner& out) {
    if (one.column.empty() || is_given(one, out)) {
        for_each_field(one.fields, [&](auto const& each) { set_default(each, out); });
    }
}

/// Sets the values that are not given and have a default.
template <class Fields, class Owner>
void set_defaults(Fields const& fields, Owner& out) {
    for_each_field(fields, [&](auto const& one) { set_default(one, out); });
}

/// Applies the values that are given in `from`.
template <class Fields, class Owner>
void override_fields(Fields const& fields, Owner& onto, Owner const& from) {
    for_each_single_field(fields, [&](auto const& one) {
        auto const* const value = given(from.*one.member);
        auto& member = onto.*one.member;
        if (value != nullptr && member) {
            one.kind.merge(*member, *value);
        } else if (value != nullptr) {
            member = *value;
        }
    });
}

template <class Owner, class Member, class Kind>
void write_column(json::object_writer& to, field<Owner, Member, Kind> const& one,
                  Owner const& from) {
    // Not every kind can be a column.
    if constexpr (requires(std::string & out, typename Kind::value const& value) {
                      one.kind.write_column(out, value);
                  }) {
        if (one.column.empty()) {
            return;
        }
        if (auto const* const value = given(from.*one.member)) {
            one.kind.write_column(to.key(one.column), *value);
        } else {
            to.null(one.column);
        }
    }
}

template <class Owner, class... Fields>
void write_column(json::object_writer& to, group<Owner, Fields...> const& one, Owner const& from) {
    if (one.column.empty()) {
        for_each_field(one.fields, [&](auto const& each) { write_column(to, each, from); });
    } else if (is_given(one, from)) {
        json::object_writer object{to.key(one.column)};
        for_each_field(one.fields, [&](auto const& each) { write_field(object, each, from); });
    } else {
        to.null(one.column);
    }
}

/// Writes every field or group that has a column, under the column's name; null: no value.
template <class Fields, class Owner>
void write_columns(json::object_writer& to, Fields const& fields, Owner const& from) {
    for_each_field(fields, [&](auto const& one) { write_column(to, one, from); });
}

/// Writes the values of the fields that are for the worker.
template <class Fields, class Owner>
void write_worker_settings(json::object_writer& to, Fields const& fields, Owner const& from) {
    for_each_single_field(fields, [&](auto const& one) {
        auto const* const value = one.is_for_worker ? given(from.*one.member) : nullptr;
        if (value != nullptr) {
            one.kind.write(to.key(one.key), *value);
        }
    });
}

} // namespace tasker::model
