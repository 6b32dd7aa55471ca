#include "tasker/worker/children.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/json/writer.hpp"
#include "tasker/model/names.hpp"

#include <charconv>
#include <unordered_set>

namespace tasker::worker {

namespace {

constexpr std::size_t max_key_bytes = 255;

/// Reads a list of children, and writes it in the form that the database reads.
class reader {
public:
    explicit reader(std::string_view list) : from_{list} {}

    void append_to(std::string& out) {
        if (from_.kind() != json::value_kind::array) {
            refuse("", "must be a list of child tasks");
        }
        out += '[';
        from_.array([&](std::size_t index) {
            if (index == max_children) {
                refuse("", "must have at most " + std::to_string(max_children) + " child tasks");
            }
            place_ = "children[" + std::to_string(index) + ']';
            append_child(out.append(index == 0 ? "" : ","));
        });
        out += ']';
    }

private:
    struct named_template {
        std::string name;
        std::optional<std::string> name_space;
        std::optional<std::string> version;
    };

    void append_child(std::string& out) {
        expect(json::value_kind::object, "");
        std::optional<std::string> key;
        named_template from;
        std::string_view context = "{}";
        std::string_view priority;
        from_.object([&](std::string_view member) {
            if (member == "key") {
                key = text(".key");
            } else if (member == "template") {
                from = read_template();
            } else if (member == "context") {
                expect(json::value_kind::object, ".context");
                context = checked_context();
            } else if (member == "priority") {
                priority = read_priority();
            } else {
                refuse('.' + std::string{member}, "is unknown");
            }
        });
        check_key(key);
        if (from.name.empty()) {
            refuse(".template", "is missing");
        }
        json::object_writer child{out};
        child.text("key", *key);
        {
            json::object_writer of{child.key("template")};
            of.text("name", from.name);
            of.text_or_null("namespace", from.name_space);
            of.text_or_null("version", from.version);
        }
        child.json("context", context);
        child.json("priority", priority.empty() ? "null" : priority);
    }

    /// The database would refuse it, and with it the complete answer.
    std::string_view checked_context() {
        auto const context = from_.raw();
        if (auto const found =
                json::find_problem(context, json::max_result_nesting, json::numbers::any)) {
            refuse(found->path.empty() ? ".context" : ".context." + found->path, found->problem);
        }
        return context;
    }

    void check_key(std::optional<std::string> const& key) {
        if (!key) {
            refuse(".key", "is missing");
        }
        if (key->empty() || key->size() > max_key_bytes || key->find('\0') != std::string::npos) {
            refuse(".key",
                   "must have 1 to " + std::to_string(max_key_bytes) + " bytes, none of them 0");
        }
        if (!keys_.insert(*key).second) {
            refuse(".key", "\"" + *key + "\" is the key of an earlier child task");
        }
    }

    named_template read_template() {
        named_template out;
        if (from_.kind() == json::value_kind::string) {
            out.name = checked(".template", model::name_problem);
            return out;
        }
        expect(json::value_kind::object, ".template");
        from_.object([&](std::string_view member) {
            if (member == "name") {
                out.name = checked(".template.name", model::name_problem);
            } else if (member == "namespace" && !skips_null()) {
                out.name_space = checked(".template.namespace", model::namespace_problem);
            } else if (member == "version" && !skips_null()) {
                out.version = checked(".template.version", model::version_problem);
            } else if (member != "namespace" && member != "version") {
                refuse(".template." + std::string{member}, "is unknown");
            }
        });
        return out;
    }

    std::string_view read_priority() {
        if (skips_null()) {
            return {};
        }
        auto const raw = from_.raw();
        if (raw.size() != 1 || raw[0] < '1' || raw[0] > '4') {
            refuse(".priority", "must be 1 to 4");
        }
        return raw;
    }

    bool skips_null() {
        bool const is_null = from_.kind() == json::value_kind::null;
        if (is_null) {
            from_.raw();
        }
        return is_null;
    }

    std::string text(std::string_view member) {
        expect(json::value_kind::string, member);
        return from_.string();
    }

    std::string checked(std::string_view member,
                        std::optional<std::string> problem_of(std::string_view)) {
        auto out = text(member);
        if (auto const problem = problem_of(out)) {
            refuse(member, *problem);
        }
        return out;
    }

    void expect(json::value_kind kind, std::string_view member) const {
        if (from_.kind() != kind) {
            refuse(member, "must be " + std::string{json::describe(kind)} + ", not " +
                               std::string{json::describe(from_.kind())});
        }
    }

    [[noreturn]] void refuse(std::string_view member, std::string_view problem) const {
        throw permanent_failure{(place_.empty() ? "children" : place_) + std::string{member} +
                                    ": " + std::string{problem},
                                "invalid_children"};
    }

    json::walker from_;
    std::string place_;
    std::unordered_set<std::string> keys_;
};

} // namespace

step_result children_from_json(std::string_view list, on_child_failure rule) {
    std::string out;
    {
        json::object_writer answer{out};
        answer.text("on_child_failure", rule == on_child_failure::collect ? "collect" : "fail");
        reader{list}.append_to(answer.key("children"));
    }
    return step_result::from_children(std::move(out));
}

step_result children(std::vector<child_task> const& wanted, on_child_failure rule) {
    std::string list;
    json::append_array(list, wanted, [](std::string& out, child_task const& each) {
        json::object_writer child{out};
        child.text("key", each.key);
        {
            json::object_writer from{child.key("template")};
            from.text("name", each.name);
            from.text_or_null("namespace", each.name_space);
            from.text_or_null("version", each.version);
        }
        child.json("context", each.context.dump());
        if (each.priority) {
            child.number("priority", *each.priority);
        }
    });
    return children_from_json(list, rule);
}

} // namespace tasker::worker
