#include "template_fields.hpp"

#include "tasker/json/placeholders.hpp"

#include <algorithm>

namespace tasker::model {

namespace {

constexpr std::size_t max_callable_length = 256;
constexpr std::size_t max_webhook_length = 2'048;

} // namespace

std::string_view to_string(backoff_kind kind) noexcept {
    return backoff_names[static_cast<std::size_t>(kind)];
}

std::optional<std::string> step_name_kind::problem_of_name(std::string_view name) {
    if (name == every_step) {
        return "is reserved: in environments it means every step";
    }
    return name_problem(name);
}

void step_name_kind::describe(json::object_writer& schema) const {
    text_kind::describe(schema);
    json::object_writer reserved{schema.key("not")};
    reserved.text("const", every_step);
}

std::optional<std::string> callable_problem(std::string_view name) {
    bool const fits = !name.empty() && name.size() <= max_callable_length &&
                      std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
    if (fits) {
        return std::nullopt;
    }
    return "must be 1 to 256 printable ASCII characters without spaces";
}

std::optional<std::int32_t> attempts_kind::read(reading in, document_path const& path,
                                                node_index node) const {
    auto const given = integer_kind::read(in, path, node);
    return given == 0 ? 1 : given;
}

std::optional<step_settings> compensation_kind::read(reading in, document_path const& path,
                                                     node_index node) {
    static constexpr auto keys = keys_of(compensation_fields);
    mapping_reader const from{in, path, node, keys};
    step_settings out;
    read_fields(in, path, from, compensation_fields, out, completeness::whole);
    return out;
}

void compensation_kind::write(std::string& out, step_settings const& value) {
    json::object_writer mapping{out};
    write_fields(mapping, compensation_fields, value);
}

std::optional<std::string> template_name_kind::problem_of_name(std::string_view name) {
    if (name.starts_with(own_prefix)) {
        return "must not begin with \"" + std::string{own_prefix} + "\", which is reserved";
    }
    return name_problem(name);
}

void template_name_kind::describe(json::object_writer& schema) {
    text_kind{name_problem, name_pattern}.describe(schema);
    json::object_writer reserved{schema.key("not")};
    reserved.text("pattern", R"(^tasker\.)");
}

std::optional<std::string> webhook_problem(std::string_view url) {
    auto const scheme = url.substr(0, url.find("://") + 1);
    if (scheme != "http:" && scheme != "https:") {
        return "must begin with http:// or https://";
    }
    if (url.size() > max_webhook_length) {
        return "must have at most " + std::to_string(max_webhook_length) + " bytes";
    }
    if (std::ranges::any_of(
            url, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
        return "must not contain blanks or control characters";
    }
    if (url.find("${") != std::string_view::npos) {
        return "must not contain placeholders; they are not filled";
    }
    auto const host = url.substr(scheme.size() + 2);
    auto const authority = host.substr(0, host.find_first_of("/?#"));
    if (authority.empty()) {
        return "must name a host";
    }
    if (authority.find('@') != std::string_view::npos) {
        return "must not contain a name or a password; use `secret`";
    }
    return std::nullopt;
}

std::optional<hook_settings> hook_kind::read(reading in, document_path const& path,
                                             node_index node) {
    static constexpr auto keys = keys_of(hook_fields);
    mapping_reader const from{in, path, node, keys};
    hook_settings out;
    read_fields(in, path, from, hook_fields, out, completeness::whole);
    if (from.find("webhook").has_value() == from.find("workflow").has_value()) {
        in.problems.add(path, in.source[node], "must have either `webhook` or `workflow`");
    } else if (auto const secret = from.find("secret"); secret && from.find("workflow")) {
        in.problems.add(document_path{path, "secret"}, in.source[*secret],
                        "has no effect without `webhook`");
    }
    return out;
}

void hook_kind::write(std::string& out, hook_settings const& value) {
    json::object_writer mapping{out};
    write_fields(mapping, hook_fields, value);
}

void check_sleep(reading in, document_path const& path, mapping_reader const& sleep,
                 step_template const& /*read*/) {
    if (sleep.find("seconds").has_value() == sleep.find("until").has_value()) {
        in.problems.add(path, in.source[sleep.node()], "must have either `seconds` or `until`");
    }
}

void check_map(reading in, document_path const& path, mapping_reader const& map,
               step_template const& read) {
    if (auto const most = map.find("max_failures");
        most && read.map_on_failure != item_failure::collect) {
        in.problems.add(document_path{path, "max_failures"}, in.source[*most],
                        "has no effect without `on_item_failure: collect`");
    }
}

void check_signal(reading in, document_path const& path, mapping_reader const& signal,
                  step_template const& read) {
    auto const refuse = [&](char const* key, char const* why) {
        if (auto const value = signal.find(key)) {
            in.problems.add(document_path{path, key}, in.source[*value], why);
        }
    };
    if (!signal.find("deadline_seconds")) {
        refuse("on_deadline", "has no effect without `deadline_seconds`");
    }
    if (signal.find("quorum")) {
        refuse("value", "cannot be combined with `quorum`: at the deadline, the result has the "
                        "signals that came");
    } else if (read.on_deadline != late_signal::complete) {
        refuse("value", "has no effect without `on_deadline: complete`");
    }
    if (signal.find("key")) {
        refuse("schema", "cannot be combined with `key`: a signal by key can come before a step "
                         "waits for it, so no schema is known; check it in the next step");
        refuse("quorum", "cannot be combined with `key`: a signal that is kept is for one step");
    }
}

std::optional<std::string> time_problem(std::string_view text) {
    if (text.starts_with("${")) {
        try {
            auto const pieces = json::split_text(text, json::filling::text);
            auto const& first = pieces.front();
            bool const is_alone = first.literal.empty() && first.then->text == text;
            if (is_alone &&
                std::ranges::find(sleep_sources, first.then->source) != sleep_sources.end()) {
                return std::nullopt;
            }
        } catch (json::placeholder_error const& problem) {
            return std::string{": "} + problem.what();
        }
        return "must be one placeholder, ${context/…} or ${parents/…}";
    }
    // PostgreSQL reads what this accepts; it also checks the day of the month.
    bool const has_offset =
        text.ends_with('Z') || (text.size() > 6 && text[text.size() - 3] == ':' &&
                                (text[text.size() - 6] == '+' || text[text.size() - 6] == '-'));
    if (text.size() < 16 || text[4] != '-' || text[7] != '-' || text[13] != ':' || !has_offset) {
        return "must be a time with its offset, such as 2030-12-01T08:00:00Z or "
               "2030-12-01T09:00:00+01:00";
    }
    return std::nullopt;
}

void check_retry(reading in, document_path const& path, mapping_reader const& retry,
                 step_settings const& read) {
    auto const refuse = [&](char const* key, char const* why) {
        if (auto const value = retry.find(key)) {
            in.problems.add(document_path{path, key}, in.source[*value],
                            std::string{"has no effect beside "} + why);
        }
    };
    if (read.retryable == false) {
        refuse("jitter", "`retryable: false`");
        refuse("only", "`retryable: false`");
        refuse("except", "`retryable: false`");
        return;
    }
    if (read.backoff == backoff_kind::none) {
        refuse("backoff_base_ms", "`backoff: none`");
        refuse("max_backoff_ms", "`backoff: none`");
        refuse("jitter", "`backoff: none`");
    }
    if (read.only) {
        refuse("except", "`only`");
    }
}

} // namespace tasker::model
