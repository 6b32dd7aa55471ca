#include "schema_defaults.hpp"

#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <cstddef>
#include <unordered_set>

namespace tasker::json_schema {

namespace {

using json::value_kind;
using json::walker;

// As in the evaluator: only a malicious schema reaches them, and the evaluator then refuses the
// value.
constexpr std::size_t max_visits = 4'000'000;
constexpr int max_depth = 512;

class filler {
public:
    explicit filler(schema const& by) : by_{by} {}

    std::string fill(schema_index index, std::string_view value) {
        if (++visits_ > max_visits || depth_ >= max_depth) {
            return std::string{value};
        }
        ++depth_;
        auto out = fill_by(by_.subschemas[index], value);
        --depth_;
        return out;
    }

    bool has_added() const noexcept {
        return has_added_;
    }

private:
    std::string fill_by(subschema const& by, std::string_view value) {
        if (by.reference) {
            return fill(*by.reference, value);
        }
        std::string out{value};
        auto const kind = walker{value}.kind();
        if (kind == value_kind::object && !by.properties.empty()) {
            out = fill_object(by, value);
        } else if (kind == value_kind::array && by.items && by.first_items.empty()) {
            out = fill_items(*by.items, value);
        }
        for (auto const each : by.all_of) {
            out = fill(each, out);
        }
        return out;
    }

    std::string fill_object(subschema const& by, std::string_view value) {
        std::string out = "{";
        std::unordered_set<std::string> present;
        auto const begin_member = [&out](std::string_view key) {
            json::append_string(out.append(out.size() == 1 ? "" : ","), key).append(":");
        };
        walker from{value};
        from.object([&](std::string_view key) {
            auto const& name = *present.emplace(key).first;
            auto const member = from.raw();
            auto const applies = by.properties.find(name);
            begin_member(name);
            if (applies == by.properties.end()) {
                out += member;
            } else {
                out += fill(applies->second, member);
            }
        });
        for (auto const& [name, initial] : by.defaults) {
            if (!present.contains(name)) {
                begin_member(name);
                out += initial;
                has_added_ = true;
            }
        }
        return out.append("}");
    }

    std::string fill_items(schema_index each, std::string_view value) {
        std::string out = "[";
        walker from{value};
        from.array([&](std::size_t index) {
            out.append(index == 0 ? "" : ",").append(fill(each, from.raw()));
        });
        return out.append("]");
    }

    schema const& by_;
    std::size_t visits_ = 0;
    int depth_ = 0;
    bool has_added_ = false;
};

} // namespace

std::optional<std::string> fill_defaults(schema const& by, std::string_view json) {
    filler out{by};
    auto filled = out.fill(0, json);
    return out.has_added() ? std::optional{std::move(filled)} : std::nullopt;
}

} // namespace tasker::json_schema
