#include "builtin/builtin.hpp"
#include "builtin/http_failure.hpp"
#include "builtin/initialization.hpp"
#include "builtin/signature.hpp"

#include "tasker/base/version.hpp"
#include "tasker/json/pointer.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace tasker::worker {

namespace {

[[noreturn]] void refuse(std::string const& problem) {
    throw permanent_failure{"context." + problem, "invalid_webhook"};
}

std::optional<std::string> text_of(nlohmann::json const& context, char const* key) {
    auto const found = context.find(key);
    if (found == context.end() || found->is_null()) {
        return std::nullopt;
    }
    if (!found->is_string()) {
        refuse(std::string{key} + ": must be a string");
    }
    return found->get<std::string>();
}

std::string required_text_of(nlohmann::json const& context, char const* key) {
    auto text = text_of(context, key);
    if (!text) {
        refuse(std::string{key} + ": is missing");
    }
    return std::move(*text);
}

std::string event_of(nlohmann::json const& context) {
    auto event = required_text_of(context, "event");
    if (event.empty() ||
        !std::ranges::all_of(event, [](char each) { return each > ' ' && each < '\x7f'; })) {
        refuse("event: must be printable ASCII characters without spaces");
    }
    return event;
}

std::string const& secret_named(webhook_settings const& own, std::string const& name) {
    auto const found = own.secrets.find(name);
    if (found == own.secrets.end()) {
        // Another worker, or this one after a change of its settings, may have it.
        throw retryable_failure{"webhooks.secrets of this worker has no secret \"" + name + '"',
                                "unknown_secret"};
    }
    return found->second;
}

std::string seconds_since_1970() {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::floor<std::chrono::seconds>(now).count());
}

http_call read_call(http_settings const& options, webhook_settings const& own,
                    step_context const& step) {
    auto const& context = step.context();
    auto url = parse_http_url(required_text_of(context, "url"));
    if (!url) {
        refuse("url: " + url.error().message);
    }
    check_host(options, *url);
    auto const body = json::find(step.context_text(), "/task");
    if (!body) {
        refuse("task: is missing");
    }
    auto const at = seconds_since_1970();
    http_call call{.method = "POST",
                   .url = std::move(*url),
                   .headers = {{"User-Agent", "tasker/" + std::string{version()}},
                               {"Content-Type", "application/json"},
                               {"Tasker-Event", event_of(context)},
                               // The same on every attempt.
                               {"Tasker-Delivery", step.task().to_string()},
                               {"Tasker-Timestamp", at}},
                   .body = std::string{*body},
                   .timeout = std::chrono::milliseconds{options.timeout_ms},
                   .max_response_bytes = static_cast<std::size_t>(options.max_response_bytes),
                   .may_reach_local = options.private_addresses == address_policy::allow};
    if (auto const name = text_of(context, "secret")) {
        call.headers.emplace_back("Tasker-Signature",
                                  "sha256=" +
                                      hmac_sha256(secret_named(own, *name), at + '.' + *call.body));
    }
    return call;
}

} // namespace

step_result run_webhook(http_settings const& options, webhook_settings const& own,
                        step_context const& step) {
    initialization{step}.finish();
    auto const call = read_call(options, own, step);
    auto const got = transfer(call, step.stop_token());
    if (got.end != http_end::answered) {
        return failure_of(call, got);
    }
    if (got.response.status / 100 != 2) {
        return refused_status(call, got.response);
    }
    return nlohmann::json{{"status", got.response.status}};
}

} // namespace tasker::worker
