#include "tasker/json/placeholders.hpp"

#include "tasker/base/percent.hpp"
#include "tasker/json/path.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <algorithm>
#include <utility>

namespace tasker::json {

namespace {

constexpr std::string_view opening = "${";
constexpr std::string_view default_mark = ":-";

[[noreturn]] void refuse(std::string_view placeholder, std::string const& problem,
                         std::string path) {
    throw placeholder_error{'"' + std::string{placeholder} + "\" " + problem, std::move(path)};
}

std::string quoted(std::string_view text) {
    std::string out;
    append_string(out, text);
    return out;
}

/// The placeholder at the start of the text.
placeholder read_placeholder(std::string_view text, filling as, std::string const& path) {
    auto const end = text.find('}');
    if (end == std::string_view::npos) {
        refuse(text, "has no closing brace", path);
    }
    placeholder out{.text = std::string{text.substr(0, end + 1)},
                    .source = {},
                    .pointer = {},
                    .otherwise = {},
                    .path = path,
                    .as = as};
    auto place = text.substr(opening.size(), end - opening.size());
    if (auto const mark = place.find(default_mark); mark != std::string_view::npos) {
        auto const value = place.substr(mark + default_mark.size());
        out.otherwise = find_problem(value) ? quoted(value) : std::string{walker{value}.raw()};
        place = place.substr(0, mark);
    }
    auto const slash = std::min(place.find('/'), place.size());
    out.source = place.substr(0, slash);
    out.pointer = place.substr(slash);
    if (!is_pointer(out.pointer)) {
        refuse(out.text, "is not a JSON pointer: write ~0 for ~ and ~1 for / in a name", path);
    }
    return out;
}

/// Collects pieces from the start of a text to its end.
class splitter {
public:
    void add_literal(std::string_view text) {
        pieces_.back().literal += text;
    }

    void add(placeholder next) {
        pieces_.back().then = std::move(next);
        pieces_.emplace_back();
    }

    /// Adds a text with placeholders. `write(text)` adds what is between them.
    template <class Write>
    void add_text(std::string_view rest, filling as, Write write) {
        for (auto at = rest.find(opening); at != std::string_view::npos; at = rest.find(opening)) {
            auto const is_escaped = at > 0 && rest[at - 1] == '$';
            write(rest.substr(0, is_escaped ? at - 1 : at));
            rest.remove_prefix(at);
            if (is_escaped) {
                write(opening);
                rest.remove_prefix(opening.size());
                continue;
            }
            auto next = read_placeholder(rest, as, path_);
            rest.remove_prefix(next.text.size());
            add(std::move(next));
        }
        write(rest);
    }

    void add_json(walker& from) {
        switch (from.kind()) {
        case value_kind::string:
            return add_string(from.string());
        case value_kind::object:
            return add_object(from);
        case value_kind::array:
            return add_array(from);
        default:
            return add_literal(from.raw());
        }
    }

    std::vector<piece> finish() && {
        return std::move(pieces_);
    }

private:
    void add_string(std::string_view text) {
        if (text.starts_with(opening) && text.find('}') == text.size() - 1) {
            return add(read_placeholder(text, filling::value, path_));
        }
        add_literal("\"");
        add_text(text, filling::in_string, [this](std::string_view between) {
            auto const escaped = quoted(between);
            add_literal(std::string_view{escaped}.substr(1, escaped.size() - 2));
        });
        add_literal("\"");
    }

    void add_object(walker& from) {
        auto const length = path_.size();
        char const* separator = "{";
        from.object([&](std::string_view key) {
            add_literal(separator);
            add_literal(quoted(key));
            add_literal(":");
            append_key(path_, key);
            add_json(from);
            path_.resize(length);
            separator = ",";
        });
        add_literal(*separator == '{' ? "{}" : "}");
    }

    void add_array(walker& from) {
        auto const length = path_.size();
        add_literal("[");
        from.array([&](std::size_t index) {
            add_literal(index == 0 ? "" : ",");
            append_index(path_, index);
            add_json(from);
            path_.resize(length);
        });
        add_literal("]");
    }

    std::vector<piece> pieces_ = std::vector<piece>(1);
    std::string path_;
};

std::string in_a_sentence(std::span<named_json const> sources) {
    std::string out;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        out.append(i == 0 ? "" : i + 1 == sources.size() ? " or " : ", ").append(sources[i].name);
    }
    return out;
}

/// The value of a placeholder as JSON.
std::string_view look_up(placeholder const& wanted, std::span<named_json const> from,
                         absent_value absent) {
    auto const source = std::ranges::find(from, wanted.source, &named_json::name);
    if (source == from.end() && absent == absent_value::refused && !wanted.otherwise) {
        refuse(wanted.text, "must begin with " + in_a_sentence(from), wanted.path);
    }
    auto const found = source == from.end() ? std::nullopt : find(source->json, wanted.pointer);
    if (wanted.otherwise && found.value_or("null") == "null") {
        return *wanted.otherwise;
    }
    if (!found && absent == absent_value::refused) {
        refuse(wanted.text, "has no value", wanted.path);
    }
    return found.value_or("null");
}

void append_value(std::string& out, std::string_view value, filling as) {
    switch (as) {
    case filling::value:
        out += value;
        break;
    case filling::in_string: {
        auto const escaped = quoted(to_plain_text(value));
        out.append(escaped, 1, escaped.size() - 2);
        break;
    }
    case filling::text:
        out += to_plain_text(value);
        break;
    case filling::url:
        out += percent_encode(to_plain_text(value));
        break;
    }
}

} // namespace

std::vector<piece> split_text(std::string_view text, filling as) {
    splitter out;
    out.add_text(text, as, [&out](std::string_view between) { out.add_literal(between); });
    return std::move(out).finish();
}

std::vector<piece> split_json(std::string_view text) {
    splitter out;
    walker from{text};
    out.add_json(from);
    return std::move(out).finish();
}

std::string fill(std::span<piece const> pieces, std::span<named_json const> from,
                 absent_value absent) {
    std::string out;
    for (auto const& each : pieces) {
        out += each.literal;
        if (each.then) {
            append_value(out, look_up(*each.then, from, absent), each.then->as);
        }
    }
    return out;
}

} // namespace tasker::json
