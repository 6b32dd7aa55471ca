#pragma once

#include "tasker/base/error.hpp"
#include "tasker/config/config_problem.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::config {

/// A table of texts with keys that the user chooses.
using texts_by_name = std::map<std::string, std::string, std::less<>>;

/// Binds settings to the keys of a TOML file and to environment variables. Later calls override
/// earlier ones, so read the file before the environment. An absent or wrong value leaves the
/// setting unchanged. Problems are collected for finish(); nothing throws.
///
/// Settings may be bool, integers, double, std::string, std::vector<std::string>, texts_by_name, an
/// enumeration with a `std::optional<E> parse(std::string_view)` function, or std::optional of any
/// of them.
/// Threads: one at a time.
class reader {
public:
    /// Reads the file. If it cannot be read or is not TOML, finish() reports that.
    static reader open(std::filesystem::path const& path);

    /// A reader without a file: every key is absent.
    static reader empty();

    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;
    ~reader();

    /// Binds a key, "http.max_body_bytes": tables and keys joined by points.
    template <class Setting>
    void get(std::string_view path, Setting& setting) {
        assign(from_file(path, kind_of<Setting>()), setting);
    }

    /// The same for a word that `parse` turns into a setting. `expected` lists the words.
    template <class Setting, class Parse>
    void get(std::string_view path, Setting& setting, Parse parse, std::string_view expected) {
        assign_word(from_file(path, kind::text), setting, parse, expected);
    }

    /// Binds an environment variable; lists are separated by commas, and so are the entries
    /// NAME=TEXT of a table. An empty one counts as absent.
    template <class Setting>
    void env(std::string_view variable, Setting& setting) {
        assign(from_environment(variable, kind_of<Setting>()), setting);
    }

    template <class Setting, class Parse>
    void env(std::string_view variable, Setting& setting, Parse parse, std::string_view expected) {
        assign_word(from_environment(variable, kind::text), setting, parse, expected);
    }

    /// Call it after the last get(). Returns all problems in order of lines, including each key of
    /// the file that no get() read, with the nearest key that one did read.
    std::vector<config_problem> finish();

private:
    enum class kind { truth, integer, number, text, texts, table };

    /// A value of one of the types, and its location.
    struct found {
        bool truth = false;
        std::int64_t integer = 0;
        double number = 0;
        std::string text;
        std::vector<std::string> texts;
        texts_by_name table;
        std::string path;
        int line = 0;
    };

    struct state;

    explicit reader(std::unique_ptr<state> contents);

    std::optional<found> from_file(std::string_view path, kind expected);
    std::optional<found> from_environment(std::string_view variable, kind expected);
    void report(found const& at, std::string problem);

    template <class Setting>
    static consteval kind kind_of();

    template <class Setting>
    void assign(std::optional<found> value, Setting& setting);

    template <class Setting, class Parse>
    void assign_word(std::optional<found> value, Setting& setting, Parse parse,
                     std::string_view expected);

    std::unique_ptr<state> state_;
};

namespace detail {

template <class Setting>
struct without_optional {
    using type = Setting;
};

template <class Setting>
struct without_optional<std::optional<Setting>> {
    using type = Setting;
};

template <class>
inline constexpr bool always_false = false;

} // namespace detail

template <class Setting>
consteval reader::kind reader::kind_of() {
    using bare = typename detail::without_optional<Setting>::type;
    if constexpr (std::same_as<bare, bool>) {
        return kind::truth;
    } else if constexpr (std::integral<bare>) {
        return kind::integer;
    } else if constexpr (std::same_as<bare, double>) {
        return kind::number;
    } else if constexpr (std::same_as<bare, std::string>) {
        return kind::text;
    } else if constexpr (std::same_as<bare, std::vector<std::string>>) {
        return kind::texts;
    } else if constexpr (std::same_as<bare, texts_by_name>) {
        return kind::table;
    } else {
        static_assert(detail::always_false<Setting>, "no setting can have this type");
    }
}

template <class Setting>
void reader::assign(std::optional<found> value, Setting& setting) {
    using bare = typename detail::without_optional<Setting>::type;
    if (!value) {
        return;
    }
    if constexpr (std::same_as<bare, bool>) {
        setting = value->truth;
    } else if constexpr (std::integral<bare>) {
        if (std::in_range<bare>(value->integer)) {
            setting = static_cast<bare>(value->integer);
        } else {
            report(*value, "must be from " + std::to_string(std::numeric_limits<bare>::min()) +
                               " to " + std::to_string(std::numeric_limits<bare>::max()));
        }
    } else if constexpr (std::same_as<bare, double>) {
        setting = value->number;
    } else if constexpr (std::same_as<bare, std::string>) {
        setting = std::move(value->text);
    } else if constexpr (std::same_as<bare, texts_by_name>) {
        setting = std::move(value->table);
    } else {
        setting = std::move(value->texts);
    }
}

template <class Setting, class Parse>
void reader::assign_word(std::optional<found> value, Setting& setting, Parse parse,
                         std::string_view expected) {
    if (!value) {
        return;
    }
    if (auto parsed = parse(value->text)) {
        setting = *parsed;
    } else {
        report(*value, "must be one of " + std::string{expected} + ", not \"" + value->text + '"');
    }
}

} // namespace tasker::config
