#include "object_reader.hpp"

namespace tasker::wire {

std::string field_value::path() const {
    std::string out = path_;
    if (!name_.empty()) {
        out.append(out.empty() ? "" : ".").append(name_);
    }
    return out;
}

void field_value::refuse(std::string const& problem) const {
    std::string const where = path();
    throw unexpected_json{(where.empty() ? "it" : where) + " " + problem};
}

void field_value::expect(json::value_kind kind) const {
    if (from_.kind() != kind) {
        refuse("must be " + std::string{json::describe(kind)} + ", not " +
               std::string{json::describe(from_.kind())});
    }
}

bool field_value::takes_null() const {
    if (from_.kind() != json::value_kind::null) {
        return false;
    }
    from_.raw();
    return true;
}

std::string field_value::text() const {
    expect(json::value_kind::string);
    return from_.string();
}

std::string field_value::json() const {
    return std::string{from_.raw()};
}

bool field_value::boolean() const {
    expect(json::value_kind::boolean);
    return from_.raw() == "true";
}

double field_value::real() const {
    expect(json::value_kind::number);
    std::string_view const raw = from_.raw();
    double out = 0;
    auto const [end, failure] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
    if (failure != std::errc{} || end != raw.data() + raw.size()) {
        refuse("must be a number in range");
    }
    return out;
}

timestamp field_value::moment() const {
    auto const out = parse_rfc3339(text());
    if (!out) {
        refuse("must be an RFC 3339 date-time");
    }
    return *out;
}

task_id field_value::id() const {
    auto const out = task_id::parse(text());
    if (!out) {
        refuse("must be a UUID");
    }
    return *out;
}

std::optional<std::string> field_value::optional_text() const {
    return takes_null() ? std::nullopt : std::optional{text()};
}

std::optional<std::string> field_value::optional_json() const {
    return takes_null() ? std::nullopt : std::optional{json()};
}

std::optional<timestamp> field_value::optional_moment() const {
    return takes_null() ? std::nullopt : std::optional{moment()};
}

std::optional<task_id> field_value::optional_id() const {
    return takes_null() ? std::nullopt : std::optional{id()};
}

std::string field_value::texts_by_name() const {
    expect(json::value_kind::object);
    auto const raw = from_.raw();
    json::walker members{raw};
    std::string const where = path();
    members.object([&](std::string_view name) { field_value{members, where, name}.text(); });
    return std::string{raw};
}

std::string field_value::numbers_by_name() const {
    expect(json::value_kind::object);
    auto const raw = from_.raw();
    json::walker members{raw};
    std::string const where = path();
    members.object([&](std::string_view name) {
        static_cast<void>(field_value{members, where, name}.number<std::int64_t>());
    });
    return std::string{raw};
}

std::vector<std::string> field_value::texts() const {
    expect(json::value_kind::array);
    std::string const here = path();
    std::vector<std::string> out;
    from_.array([&](std::size_t index) {
        std::string const item = here + "[" + std::to_string(index) + "]";
        out.push_back(field_value{from_, item, {}}.text());
    });
    return out;
}

} // namespace tasker::wire
