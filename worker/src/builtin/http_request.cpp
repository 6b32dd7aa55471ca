#include "builtin/builtin.hpp"
#include "builtin/http_answer.hpp"
#include "builtin/http_failure.hpp"
#include "builtin/initialization.hpp"
#include "builtin/placeholders.hpp"

#include "tasker/base/version.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::int64_t day_ms = 86'400'000;

struct ignoring_case {
    bool operator()(std::string_view left, std::string_view right) const {
        return std::ranges::lexicographical_compare(left, right, {}, to_lower, to_lower);
    }

    static int to_lower(unsigned char letter) {
        return std::tolower(letter);
    }
};

using header_map = std::map<std::string, std::string, ignoring_case>;

struct plan {
    http_call call;
    std::vector<std::int64_t> expected; ///< empty: any 2xx
};

bool is_control(char letter) {
    return (static_cast<unsigned char>(letter) < ' ' && letter != '\t') || letter == '\x7f';
}

bool is_token(char letter) {
    return letter > ' ' && letter < '\x7f' &&
           std::string_view{"()<>@,;:\\\"/[]?={}"}.find(letter) == std::string_view::npos;
}

/// Headers that only the worker may set, because they determine the end and the host of the
/// request.
bool is_set_by_worker(std::string_view name) {
    static std::set<std::string_view, ignoring_case> const names{
        "Connection", "Content-Length", "Expect", "Host", "TE", "Transfer-Encoding", "Upgrade"};
    return names.contains(name);
}

void add_headers(header_map& to, step_context const& step, nlohmann::json const& headers) {
    if (!headers.is_object()) {
        initialization::refuse("\"headers\" must be an object");
    }
    for (auto const& [name, value] : headers.items()) {
        if (!value.is_string()) {
            initialization::refuse("header \"" + name + "\" must be a string");
        }
        auto const text = fill_text(step, value.get_ref<std::string const&>(), json::filling::text);
        if (name.empty() || !std::ranges::all_of(name, is_token) ||
            std::ranges::any_of(text, is_control)) {
            initialization::refuse("header \"" + name + "\" cannot be sent in HTTP");
        }
        if (is_set_by_worker(name)) {
            initialization::refuse("header \"" + name + "\" is set by the worker; remove it");
        }
        to[name] = text;
    }
}

bool is_string(std::string_view value) {
    return json::walker{value}.kind() == json::value_kind::string;
}

std::string checked_method(std::string method, bool has_body) {
    constexpr std::array<std::string_view, 7> methods{"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};
    if (std::ranges::find(methods, method) == methods.end()) {
        initialization::refuse(
            "\"method\" must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, not \"" + method +
            '"');
    }
    if (method == "HEAD" && has_body) {
        initialization::refuse("a HEAD request cannot have a \"body\"");
    }
    return method;
}

http_url read_url(http_settings const& options, step_context const& step, initialization& keys) {
    auto parsed = parse_http_url(fill_text(step, keys.text("url"), json::filling::url));
    if (!parsed) {
        initialization::refuse("\"url\" " + parsed.error().message);
    }
    check_host(options, *parsed);
    return std::move(*parsed);
}

void read_message(http_call& into, step_context const& step, initialization& keys) {
    auto const body = keys.raw("body");
    into.method = checked_method(keys.text("method", body ? "POST" : "GET"), body.has_value());
    header_map headers{{"User-Agent", "tasker/" + std::string{version()}},
                       {"Accept", "application/json, */*"},
                       // The same on every attempt, so that the server can recognize a repetition.
                       {"Idempotency-Key", step.idempotency_key()}};
    if (auto const* const own = keys.find("headers")) {
        add_headers(headers, step, *own);
    }
    if (body) {
        auto filled = fill_json(step, *body);
        into.body = is_string(*body) ? json::to_plain_text(filled) : std::move(filled);
        if (!is_string(*body)) {
            headers.try_emplace("Content-Type", "application/json");
        }
    } else if (into.method == "POST" || into.method == "PUT" || into.method == "PATCH") {
        into.body = ""; // these methods need a length, even 0
    }
    into.headers.assign(headers.begin(), headers.end());
}

plan read_plan(http_settings const& options, step_context const& step) {
    initialization keys{step};
    plan out;
    auto& call = out.call;
    call.url = read_url(options, step, keys);
    read_message(call, step, keys);
    out.expected = keys.integers("expect_status", {});
    call.timeout =
        std::chrono::milliseconds{keys.integer("timeout_ms", options.timeout_ms, 1, day_ms)};
    call.max_response_bytes = static_cast<std::size_t>(keys.integer(
        "max_response_bytes", options.max_response_bytes, 0, options.max_response_bytes));
    call.may_reach_local = options.private_addresses == address_policy::allow;
    keys.finish();
    return out;
}

nlohmann::json headers_of(http_response const& from) {
    auto all = nlohmann::json::object();
    for (auto const& [name, value] : from.headers) {
        if (is_credential(name)) {
            continue; // everyone who may read the task sees the result
        }
        auto const text = json::to_utf8(value);
        auto& field = all[json::to_utf8(name)];
        field = field.is_null() ? text : field.get<std::string>() + ", " + text;
    }
    return all;
}

step_result to_result(plan const& asked, http_response const& got) {
    auto const is_expected =
        asked.expected.empty()
            ? got.status / 100 == 2
            : std::ranges::find(asked.expected, std::int64_t{got.status}) != asked.expected.end();
    if (!is_expected) {
        return refused_status(asked.call, got);
    }
    auto text = body_as_utf8(got);
    if (!text) {
        return permanent_error(shown(asked.call) + " returned a body that " + text.error().message,
                               "invalid_charset");
    }
    std::string result = "{\"status\":" + std::to_string(got.status) +
                         ",\"headers\":" + headers_of(got).dump() + ",\"body\":";
    if (!is_json(got) || text->empty()) {
        json::append_string(result, *text);
        return step_result::from_json_text(std::move(result.append("}")));
    }
    auto const body = json::without_bom(*text);
    if (auto const found = json::find_problem(body, json::max_result_nesting, json::numbers::any)) {
        return retryable_error(shown(asked.call) + " returned an invalid JSON body: " +
                                   json::to_sentence(*found, "the body"),
                               "invalid_response");
    }
    result.append(json::walker{body}.raw()).append("}");
    return step_result::from_json_text(std::move(result));
}

} // namespace

step_result run_http(http_settings const& options, step_context const& step) {
    auto const plan = read_plan(options, step);
    auto const got = transfer(plan.call, step.stop_token());
    return got.end == http_end::answered ? to_result(plan, got.response)
                                         : failure_of(plan.call, got);
}

} // namespace tasker::worker
