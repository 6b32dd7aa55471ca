#include "tasker/wire/create_task.hpp"

#include "body_fields.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/model/names.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace tasker::wire {

namespace {

enum class field : std::uint8_t {
    name_space,
    name,
    version,
    context,
    priority,
    idempotency_key,
    labels
};

constexpr std::array<std::string_view, 7> field_names{
    "namespace", "name", "version", "context", "priority", "idempotency_key", "labels"};

/// Reads one request. The path of its place in the body is built only for a problem.
class request_reader {
public:
    request_reader(json::walker& from, detail_list& problems, std::optional<std::size_t> index)
        : from_{from},
          problems_{problems},
          index_{index} {}

    create_task_request read() {
        if (from_.kind() != json::value_kind::object) {
            add({}, "must be an object, not " + std::string{json::describe(from_.kind())});
            from_.raw();
            return {};
        }
        from_.object([this](std::string_view key) { read_member(key); });
        if (!has(field::name)) {
            add("name", "is required");
        }
        return std::move(out_);
    }

private:
    bool has(field member) const {
        return (given_ & (1U << static_cast<unsigned>(member))) != 0;
    }

    void add(std::string_view key, std::string problem) {
        std::string path;
        if (index_) {
            path = "tasks[" + std::to_string(*index_) + "]";
        }
        if (!key.empty()) {
            path.append(path.empty() ? "" : ".").append(shown(key));
        }
        problems_.add(std::move(path), std::move(problem));
    }

    void read_member(std::string_view key) {
        auto const found = std::ranges::find(field_names, key);
        if (found == field_names.end()) {
            add(key, unknown_field(key, field_names));
            from_.raw();
            return;
        }
        auto const member = static_cast<field>(found - field_names.begin());
        if (has(member)) {
            add(key, "is given twice");
            from_.raw();
            return;
        }
        given_ |= 1U << static_cast<unsigned>(member);
        read_value(member, key);
    }

    void read_value(field member, std::string_view key) {
        switch (member) {
        case field::name_space:
            read_name(key, out_.name_space, model::namespace_problem);
            break;
        case field::name:
            read_name(key, out_.name, model::name_problem);
            break;
        case field::version:
            read_name(key, out_.version.emplace(), model::version_problem);
            break;
        case field::context:
            read_context(key);
            break;
        case field::priority:
            read_priority(key);
            break;
        case field::idempotency_key:
            read_name(key, out_.idempotency_key.emplace(), key_problem);
            break;
        case field::labels:
            read_labels(key);
            break;
        }
    }

    bool expect(std::string_view key, json::value_kind expected) {
        if (from_.kind() == expected) {
            return true;
        }
        add(key, "must be " + std::string{json::describe(expected)} + ", not " +
                     std::string{json::describe(from_.kind())});
        from_.raw();
        return false;
    }

    void read_name(std::string_view key, std::string& out,
                   std::optional<std::string> (*rule)(std::string_view)) {
        if (!expect(key, json::value_kind::string)) {
            return;
        }
        out = from_.string();
        if (auto problem = rule(out)) {
            add(key, std::move(*problem));
        }
    }

    void read_context(std::string_view key) {
        if (!expect(key, json::value_kind::object)) {
            return;
        }
        out_.context = from_.raw();
    }

    void read_labels(std::string_view key) {
        if (!expect(key, json::value_kind::object)) {
            return;
        }
        std::size_t count = 0;
        from_.object([&](std::string_view name) {
            if (++count > max_labels) {
                from_.raw();
                return;
            }
            auto const path = std::string{key} + '.' + shown(name);
            label read{std::string{name}, {}};
            if (auto problem = model::name_problem(name)) {
                add(path, "the name " + std::move(*problem));
            } else if (name.starts_with(model::own_prefix)) {
                add(path, "names that begin with \"" + std::string{model::own_prefix} +
                              "\" are reserved");
            }
            if (std::ranges::find(out_.labels, name, &label::name) != out_.labels.end()) {
                add(path, "is given twice");
            }
            read_name(path, read.value, label_value_problem);
            out_.labels.push_back(std::move(read));
        });
        if (count > max_labels) {
            add(key, "must have at most " + std::to_string(max_labels) + " labels, not " +
                         std::to_string(count));
        }
    }

    void read_priority(std::string_view key) {
        if (!expect(key, json::value_kind::number)) {
            return;
        }
        std::string_view const text = from_.raw();
        if (auto const value = to_priority(text)) {
            out_.priority = *value;
        } else {
            add(key, "must be 1, 2, 3 or 4, not " + shown(text));
        }
    }

    json::walker& from_;
    detail_list& problems_;
    std::optional<std::size_t> index_;
    create_task_request out_;
    unsigned given_ = 0;
};

std::vector<create_task_request> read_tasks(json::walker& from, detail_list& problems) {
    std::vector<create_task_request> out;
    std::size_t count = 0;
    from.array([&](std::size_t index) {
        ++count;
        if (index < max_batch) {
            out.push_back(request_reader{from, problems, index}.read());
        } else {
            from.raw();
        }
    });
    if (count == 0 || count > max_batch) {
        problems.add("tasks", "must have 1 to " + std::to_string(max_batch) + " tasks, not " +
                                  std::to_string(count));
    }
    return out;
}

std::vector<create_task_request> read_batch(json::walker& from, detail_list& problems) {
    std::vector<create_task_request> out;
    bool given = false;
    from.object([&](std::string_view key) {
        if (key != "tasks" || given) {
            problems.add(shown(key), given && key == "tasks"
                                         ? "is given twice"
                                         : "is an unknown field; the only one is \"tasks\"");
            from.raw();
            return;
        }
        given = true;
        if (from.kind() == json::value_kind::array) {
            out = read_tasks(from, problems);
        } else {
            problems.add("tasks",
                         "must be an array, not " + std::string{json::describe(from.kind())});
            from.raw();
        }
    });
    if (!given) {
        problems.add("tasks", "is required");
    }
    return out;
}

} // namespace

void throw_exception_from_error(invalid_body const& invalid,
                                boost::source_location const& /*where*/) {
    std::string message = invalid.message;
    for (auto const& detail : invalid.details) {
        message.append("\n").append(detail.path).append(": ").append(detail.problem);
    }
    throw std::runtime_error{message};
}

body_result<create_task_request> parse_create_task(std::string_view body) {
    body = json::without_bom(body);
    if (auto refused = refuse_syntax(body)) {
        return std::move(*refused);
    }
    json::walker from{body};
    detail_list problems;
    create_task_request out = request_reader{from, problems, std::nullopt}.read();
    if (!problems.empty()) {
        return std::move(problems).finish();
    }
    return out;
}

body_result<std::vector<create_task_request>> parse_create_batch(std::string_view body) {
    body = json::without_bom(body);
    if (auto refused = refuse_syntax(body)) {
        return std::move(*refused);
    }
    json::walker from{body};
    detail_list problems;
    if (from.kind() != json::value_kind::object) {
        problems.add({}, "must be an object, not " + std::string{json::describe(from.kind())});
        return std::move(problems).finish();
    }
    std::vector<create_task_request> out = read_batch(from, problems);
    if (!problems.empty()) {
        return std::move(problems).finish();
    }
    return out;
}

} // namespace tasker::wire
