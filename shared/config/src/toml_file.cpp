#include "tasker/config/toml_file.hpp"

#include "tasker/base/edit_distance.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <system_error>

namespace tasker::config {

struct reader::state {
    toml::table root;
    std::set<std::string, std::less<>> keys; ///< all that get() asked for
    std::vector<config_problem> problems;
};

namespace {

std::optional<std::string> read_all(std::filesystem::path const& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text;
    std::array<char, 4096> block;
    do {
        file.read(block.data(), block.size());
        text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    } while (file);
    // Reading ends at the end of the file, or before it if the path is a directory.
    return file.is_open() && !file.bad() ? std::optional{std::move(text)} : std::nullopt;
}

int line_of(toml::node const& node) {
    return static_cast<int>(node.source().begin.line);
}

std::string_view name_of(toml::node_type type) {
    switch (type) {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "an array";
    case toml::node_type::string:
        return "a string";
    case toml::node_type::integer:
        return "an integer";
    case toml::node_type::floating_point:
        return "a number";
    case toml::node_type::boolean:
        return "a boolean";
    case toml::node_type::none:
        return "nothing";
    default:
        return "a date or time";
    }
}

/// The node at "a.b.c", or null. (toml++'s paths would read "[0]" as an index.)
toml::node const* find(toml::table const& root, std::string_view path) {
    toml::table const* table = &root;
    while (table != nullptr) {
        std::size_t const point = path.find('.');
        toml::node const* node = table->get(path.substr(0, point));
        if (point == std::string_view::npos || node == nullptr) {
            return node;
        }
        table = node->as_table();
        path.remove_prefix(point + 1);
    }
    return nullptr;
}

std::optional<std::vector<std::string>> texts_of(toml::node const& node) {
    toml::array const* array = node.as_array();
    if (array == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> texts;
    for (toml::node const& element : *array) {
        auto text = element.value_exact<std::string>();
        if (!text) {
            return std::nullopt;
        }
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::optional<texts_by_name> table_of(toml::node const& node) {
    toml::table const* table = node.as_table();
    if (table == nullptr) {
        return std::nullopt;
    }
    texts_by_name texts;
    for (auto const& [key, value] : *table) {
        auto text = value.value_exact<std::string>();
        if (!text) {
            return std::nullopt;
        }
        texts.emplace(key.str(), std::move(*text));
    }
    return texts;
}

/// None if an entry is not NAME=TEXT.
std::optional<texts_by_name> table_of(std::vector<std::string> const& entries) {
    texts_by_name texts;
    for (auto const& entry : entries) {
        auto const end = entry.find('=');
        if (end == std::string::npos ||
            !texts.emplace(entry.substr(0, end), entry.substr(end + 1)).second) {
            return std::nullopt;
        }
    }
    return texts;
}

std::vector<std::string> split_at_commas(std::string_view text) {
    constexpr std::string_view spaces = " \t";
    std::vector<std::string> parts;
    while (true) {
        std::size_t const comma = text.find(',');
        std::string_view part = text.substr(0, comma);
        part.remove_prefix(std::min(part.find_first_not_of(spaces), part.size()));
        part = part.substr(0, part.find_last_not_of(spaces) + 1);
        if (!part.empty()) {
            parts.emplace_back(part);
        }
        if (comma == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(comma + 1);
    }
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size();
}

/// Finds the keys of the file that no get() read.
class unknown_key_search {
public:
    unknown_key_search(std::set<std::string, std::less<>> const& keys,
                       std::vector<config_problem>& problems)
        : keys_{keys},
          problems_{problems} {
        for (std::string const& key : keys) {
            candidates_.push_back(key);
            for (std::size_t point = key.find('.'); point != std::string::npos;
                 point = key.find('.', point + 1)) {
                tables_.insert(key.substr(0, point));
            }
        }
        candidates_.insert(candidates_.end(), tables_.begin(), tables_.end());
    }

    void search(toml::table const& table, std::string const& prefix) {
        for (auto const& [key, node] : table) {
            std::string path = prefix + std::string{key.str()};
            bool const is_table = node.is_table();
            if (keys_.contains(path)) {
                continue;
            }
            if (is_table && tables_.contains(path)) {
                search(*node.as_table(), path + '.');
            } else if (tables_.contains(path)) {
                problems_.push_back({path,
                                     fmt::format("must be a table, not {}", name_of(node.type())),
                                     static_cast<int>(key.source().begin.line)});
            } else {
                auto const guess = nearest(path, candidates_);
                problems_.push_back({path,
                                     guess ? fmt::format("is unknown; did you mean {}?", *guess)
                                           : std::string{"is unknown"},
                                     static_cast<int>(key.source().begin.line)});
            }
        }
    }

private:
    std::set<std::string, std::less<>> const& keys_;
    std::vector<config_problem>& problems_;
    std::set<std::string, std::less<>> tables_;
    std::vector<std::string_view> candidates_;
};

} // namespace

reader::reader(std::unique_ptr<state> contents) : state_{std::move(contents)} {}
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;
reader::~reader() = default;

reader reader::empty() {
    return reader{std::make_unique<state>()};
}

reader reader::open(std::filesystem::path const& path) {
    auto contents = std::make_unique<state>();
    auto const text = read_all(path);
    if (!text) {
        contents->problems.push_back({path.string(), "cannot be read"});
        return reader{std::move(contents)};
    }
    try {
        contents->root = toml::parse(*text, path.string());
    } catch (toml::parse_error const& failure) {
        contents->problems.push_back({path.string(),
                                      "is not TOML: " + std::string{failure.description()},
                                      static_cast<int>(failure.source().begin.line)});
    }
    return reader{std::move(contents)};
}

std::optional<reader::found> reader::from_file(std::string_view path, kind expected) {
    state_->keys.emplace(path);
    toml::node const* node = find(state_->root, path);
    if (node == nullptr) {
        return std::nullopt;
    }
    found value{.path = std::string{path}, .line = line_of(*node)};
    auto const take = [&](auto exact, auto& member, std::string_view wanted) {
        if (!exact) {
            report(value, fmt::format("must be {}, not {}", wanted, name_of(node->type())));
            return false;
        }
        member = std::move(*exact);
        return true;
    };
    bool taken = false;
    switch (expected) {
    case kind::truth:
        taken = take(node->value_exact<bool>(), value.truth, "a boolean");
        break;
    case kind::integer:
        taken = take(node->value_exact<std::int64_t>(), value.integer, "an integer");
        break;
    case kind::number:
        // An integer is accepted: "ratio = 1".
        taken = take(node->is_number() ? node->value<double>() : std::nullopt, value.number,
                     "a number");
        break;
    case kind::text:
        taken = take(node->value_exact<std::string>(), value.text, "a string");
        break;
    case kind::texts:
        taken = take(texts_of(*node), value.texts, "an array of strings");
        break;
    case kind::table:
        taken = take(table_of(*node), value.table, "a table of strings");
        break;
    }
    return taken ? std::optional{std::move(value)} : std::nullopt;
}

std::optional<reader::found> reader::from_environment(std::string_view variable, kind expected) {
    found value{.path = std::string{variable}};
    char const* const raw = std::getenv(value.path.c_str());
    if (raw == nullptr || *raw == '\0') {
        return std::nullopt;
    }
    value.text = raw;
    switch (expected) {
    case kind::truth:
        value.truth = value.text == "true";
        if (!value.truth && value.text != "false") {
            report(value, fmt::format("must be true or false, not \"{}\"", value.text));
            return std::nullopt;
        }
        break;
    case kind::integer:
        if (!parse_number(value.text, value.integer)) {
            report(value, fmt::format("must be an integer, not \"{}\"", value.text));
            return std::nullopt;
        }
        break;
    case kind::number:
        if (!parse_number(value.text, value.number)) {
            report(value, fmt::format("must be a number, not \"{}\"", value.text));
            return std::nullopt;
        }
        break;
    case kind::texts:
        value.texts = split_at_commas(value.text);
        break;
    case kind::table:
        if (auto texts = table_of(split_at_commas(value.text))) {
            value.table = std::move(*texts);
        } else { // without the text, which may be secret
            report(value, "must be entries NAME=TEXT with different names, separated by commas");
            return std::nullopt;
        }
        break;
    case kind::text:
        break;
    }
    return value;
}

void reader::report(found const& at, std::string problem) {
    state_->problems.push_back({at.path, std::move(problem), at.line});
}

std::vector<config_problem> reader::finish() {
    unknown_key_search{state_->keys, state_->problems}.search(state_->root, {});
    std::ranges::stable_sort(state_->problems, {}, &config_problem::line);
    return std::exchange(state_->problems, {});
}

std::string to_string(config_problem const& problem) {
    std::string const sentence = problem.path + ' ' + problem.problem;
    return problem.line == 0 ? sentence : fmt::format("line {}: {}", problem.line, sentence);
}

} // namespace tasker::config
