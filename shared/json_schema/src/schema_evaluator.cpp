#include "schema_evaluator.hpp"

#include "documents.hpp"
#include "json_values.hpp"
#include "schema_checks.hpp"
#include "tasker/json/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::json_schema {

namespace {

using simdjson::dom::element;

// One evaluation of a subschema costs some 20 to 100 ns.
constexpr std::size_t max_evaluations = 4'000'000;
// A context is nested at most 64 deep and a schema applies at most 64 subschemas to one value.
// Reaching both limits at the same time needs a malicious schema and would exhaust the stack.
constexpr int max_depth = 512;
constexpr std::size_t shown_alternatives = 3;

class evaluator {
public:
    explicit evaluator(schema const& by) : by_{by} {}

    /// Whether the value matches. Problems are added to `problems`; without it, the first one ends
    /// the evaluation.
    bool fits(schema_index index, element value, document_path const& path,
              problem_list* problems) {
        if (++evaluations_ > max_evaluations || depth_ >= max_depth) {
            gave_up_ = true;
            return false;
        }
        ++depth_;
        bool const out = check(by_.subschemas[index], value, path, problems);
        --depth_;
        return out;
    }

    bool gave_up() const noexcept {
        return gave_up_;
    }

private:
    bool check(subschema const& by, element value, document_path const& path,
               problem_list* problems) {
        if (by.reference) {
            return fits(*by.reference, value, path, problems);
        }
        evaluation out{by, path, problems};
        if (by.refuses_all) {
            out.refuse("is not allowed");
            return false;
        }
        std::uint8_t const types = types_of(value);
        if (by.types != 0 && (by.types & types) == 0) {
            // The other keywords would only report the wrong type again.
            out.refuse("must be " + describe_types(by.types) + ", not " + describe_value(types));
            return false;
        }
        check_values(out, value);
        if ((types & json_number) != 0) {
            check_number(out, *number_of(value));
        } else if (types == json_string) {
            check_string(out, value.get_string().value_unsafe());
        } else if (types == json_array) {
            check_array(out, value.get_array().value_unsafe());
        } else if (types == json_object) {
            check_object(out, value, value.get_object().value_unsafe());
        }
        if (!out.done()) {
            check_combinations(out, value);
        }
        return out.fits;
    }

    static std::string describe_value(std::uint8_t types) {
        return describe_types((types & json_number) != 0 ? std::uint8_t{json_number} : types);
    }

    void check_values(evaluation& out, element value) {
        if (out.by.constant && !equal(by_.constants[*out.by.constant], value)) {
            out.refuse("must be " + shown(by_.constants[*out.by.constant]));
        }
        if (!out.by.enumeration) {
            return;
        }
        auto const& allowed = *out.by.enumeration;
        if (std::ranges::none_of(
                allowed, [&](std::size_t one) { return equal(by_.constants[one], value); })) {
            std::string text = "must be one of ";
            for (std::size_t i = 0; i < allowed.size() && text.size() < 200; ++i) {
                text.append(i == 0 ? "" : ", ").append(shown(by_.constants[allowed[i]]));
            }
            out.refuse(std::move(text));
        }
    }

    void check_array(evaluation& out, simdjson::dom::array items) {
        subschema const& by = out.by;
        std::size_t count = 0;
        bool contained = false;
        for (element const item : items) {
            document_path const path{out.path, count};
            std::optional<schema_index> const applies =
                count < by.first_items.size() ? by.first_items[count] : by.items;
            if (applies && !fits(*applies, item, path, out.problems)) {
                out.fits = false;
            }
            contained = contained || !by.contains || fits(*by.contains, item, path, nullptr);
            ++count;
            if (out.done() || gave_up_) {
                return;
            }
        }
        if (by.contains && !contained) {
            out.refuse("must have an item that matches the schema in contains");
        }
        if (by.min_items && count < *by.min_items) {
            out.refuse("must have at least " + plural(*by.min_items, "item", "items") + ", not " +
                       std::to_string(count));
        }
        if (by.max_items && count > *by.max_items) {
            out.refuse("must have at most " + plural(*by.max_items, "item", "items") + ", not " +
                       std::to_string(count));
        }
        if (by.unique_items) {
            if (auto const same = find_equal(items)) {
                out.refuse("must have no equal items, but [" + std::to_string(same->first) +
                           "] and [" + std::to_string(same->second) + "] are equal");
            }
        }
    }

    void check_object(evaluation& out, element value, simdjson::dom::object members) {
        subschema const& by = out.by;
        std::size_t count = 0;
        for (auto const [key, member] : members) {
            ++count;
            document_path const path{out.path, key};
            if (!fits_member(out, key, member, path)) {
                out.fits = false;
            }
            if (out.done() || gave_up_) {
                return;
            }
        }
        check_presence(out, value, members);
        if (by.min_properties && count < *by.min_properties) {
            out.refuse("must have at least " +
                       plural(*by.min_properties, "property", "properties") + ", not " +
                       std::to_string(count));
        }
        if (by.max_properties && count > *by.max_properties) {
            out.refuse("must have at most " + plural(*by.max_properties, "property", "properties") +
                       ", not " + std::to_string(count));
        }
    }

    /// Checks one member by properties, patternProperties, additionalProperties, propertyNames.
    bool fits_member(evaluation& out, std::string_view key, element member,
                     document_path const& path) {
        subschema const& by = out.by;
        bool fit = true;
        bool has_schema = false;
        auto const apply = [&](schema_index applies) {
            has_schema = true;
            fit = fits(applies, member, path, out.problems) && fit;
        };
        if (by.property_names && !fits_name(*by.property_names, key, path, out.problems)) {
            fit = false;
        }
        if (!by.properties.empty()) {
            if (auto const found = by.properties.find(std::string{key});
                found != by.properties.end()) {
                apply(found->second);
            }
        }
        for (auto const& [form, applies] : by.pattern_properties) {
            if (form.matches(key)) {
                apply(applies);
            }
        }
        if (has_schema || !by.additional_properties) {
            return fit;
        }
        if (!by_.subschemas[*by.additional_properties].refuses_all) {
            apply(*by.additional_properties);
            return fit;
        }
        out.refuse(path, "is not a property of the schema" + suggest_property(out, key));
        return false;
    }

    static std::string suggest_property(evaluation const& out, std::string_view key) {
        if (out.problems == nullptr) {
            return {};
        }
        std::vector<std::string_view> names;
        names.reserve(out.by.properties.size());
        for (auto const& [name, index] : out.by.properties) {
            names.emplace_back(name);
        }
        std::ranges::sort(names);
        return out.problems->suggestion(key, names);
    }

    /// A name is checked as a JSON string.
    bool fits_name(schema_index applies, std::string_view key, document_path const& path,
                   problem_list* problems) {
        std::string quoted;
        json::append_string(quoted, key);
        bool const out = fits(applies, name_parser_.parse(quoted).value_unsafe(), path, nullptr);
        if (!out && problems != nullptr) {
            problems->add(path.to_string(), 0, "has a name that propertyNames does not allow");
        }
        return out;
    }

    void check_presence(evaluation& out, element value, simdjson::dom::object members) {
        subschema const& by = out.by;
        if (by.required.empty() && by.required_with.empty() && by.schema_with.empty()) {
            return;
        }
        std::vector<std::string_view> keys;
        for (auto const [key, member] : members) {
            keys.push_back(key);
        }
        std::ranges::sort(keys);
        auto const has = [&](std::string_view key) {
            return std::ranges::binary_search(keys, key);
        };
        for (auto const& key : by.required) {
            if (!has(key)) {
                out.refuse(document_path{out.path, key}, "is required");
            }
        }
        for (auto const& [given, needed] : by.required_with) {
            for (auto const& key : needed) {
                if (has(given) && !has(key)) {
                    out.refuse(document_path{out.path, key}, "is required, since " +
                                                                 shown(std::string_view{given}) +
                                                                 " is given");
                }
            }
        }
        for (auto const& [given, applies] : by.schema_with) {
            if (has(given) && !fits(applies, value, out.path, out.problems)) {
                out.fits = false;
            }
        }
    }

    void check_combinations(evaluation& out, element value) {
        subschema const& by = out.by;
        for (schema_index const one : by.all_of) {
            if (!fits(one, value, out.path, out.problems)) {
                out.fits = false;
            }
        }
        if (!by.any_of.empty() && std::ranges::none_of(by.any_of, [&](schema_index one) {
                return fits(one, value, out.path, nullptr);
            })) {
            refuse_alternatives(out, by.any_of, value);
        }
        if (!by.one_of.empty()) {
            check_one_of(out, value);
        }
        if (by.negated && fits(*by.negated, value, out.path, nullptr)) {
            out.refuse("must not match the schema in not");
        }
        if (by.condition) {
            auto const& applies =
                fits(*by.condition, value, out.path, nullptr) ? by.consequence : by.alternative;
            if (applies && !fits(*applies, value, out.path, out.problems)) {
                out.fits = false;
            }
        }
    }

    void check_one_of(evaluation& out, element value) {
        std::vector<std::size_t> fitting;
        for (std::size_t i = 0; i < out.by.one_of.size() && fitting.size() < 2; ++i) {
            if (fits(out.by.one_of[i], value, out.path, nullptr)) {
                fitting.push_back(i);
            }
        }
        if (fitting.empty()) {
            refuse_alternatives(out, out.by.one_of, value);
        } else if (fitting.size() > 1) {
            out.refuse("must match exactly one of the alternatives in oneOf, but matches [" +
                       std::to_string(fitting[0]) + "] and [" + std::to_string(fitting[1]) + "]");
        }
    }

    /// Adds the problems of the first alternatives.
    void refuse_alternatives(evaluation& out, std::vector<schema_index> const& alternatives,
                             element value) {
        if (out.problems == nullptr) {
            out.fits = false;
            return;
        }
        std::string text =
            "matches none of " + plural(alternatives.size(), "alternative", "alternatives");
        for (std::size_t i = 0; i < alternatives.size() && i < shown_alternatives; ++i) {
            problem_list reasons;
            fits(alternatives[i], value, out.path, &reasons);
            auto const found = std::move(reasons).finish();
            if (!found.empty()) {
                text.append(i == 0 ? ": (" : "; (").append(std::to_string(i + 1)).append(") ");
                if (std::string const here = out.path.to_string(); found.front().path != here) {
                    text.append(found.front().path).append(" ");
                }
                text.append(found.front().problem);
            }
        }
        out.refuse(std::move(text));
    }

    schema const& by_;
    simdjson::dom::parser name_parser_;
    std::size_t evaluations_ = 0;
    int depth_ = 0;
    bool gave_up_ = false;
};

} // namespace

std::vector<located_problem> evaluate(schema const& by, element value, document_path const& path) {
    problem_list problems;
    evaluator work{by};
    work.fits(0, value, path, &problems);
    if (work.gave_up()) {
        // The problems found so far may be a consequence of giving up.
        return {{.path = path.to_string(),
                 .problem = "needs more work to check against the schema than is allowed"}};
    }
    return std::move(problems).finish();
}

} // namespace tasker::json_schema
