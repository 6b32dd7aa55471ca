#include "builtin/http_failure.hpp"

#include "builtin/http_answer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::size_t quoted_bytes = 500;

bool may_pass(long status) {
    constexpr std::array passing{408L, 425L, 429L};
    return status >= 500 || std::ranges::find(passing, status) != passing.end();
}

step_result refused_address(http_call const& call, address_kind kind) {
    return permanent_error(
        kind == address_kind::local
            ? shown(call) + " would reach this host or a private network, which "
                            "http.private_addresses of this worker refuses"
            : shown(call) + " would reach a link-local, metadata or reserved address, which "
                            "workers never call",
        "address_refused");
}

} // namespace

std::string shown(http_call const& call) {
    return call.method + ' ' + call.url.shown;
}

void check_host(http_settings const& options, http_url const& url) {
    auto const& allowed = options.allowed_hosts;
    if (!allowed.empty() && std::ranges::find(allowed, url.host) == allowed.end()) {
        throw permanent_failure{"\"url\" names host \"" + url.host +
                                    "\", which is not in http.allowed_hosts of this worker",
                                "host_refused"};
    }
}

step_result refused_status(http_call const& call, http_response const& got) {
    auto const body = body_as_utf8(got);
    auto message = shown(call) + " answered " + std::to_string(got.status) + ' ' + got.reason +
                   ": " + (body ? *body : got.body).substr(0, quoted_bytes);
    return may_pass(got.status)
               ? retryable_error(std::move(message), "http_status", retry_after(got))
               : permanent_error(std::move(message), "http_status");
}

step_result failure_of(http_call const& call, http_outcome const& got) {
    switch (got.end) {
    case http_end::body_too_large:
        return permanent_error(shown(call) + " returned more than " +
                                   std::to_string(call.max_response_bytes) + " bytes",
                               "response_too_large");
    case http_end::timed_out:
        return retryable_error(shown(call) + " did not respond within " +
                                   std::to_string(call.timeout.count()) + " ms",
                               "http_timeout");
    case http_end::cancelled:
        return retryable_error(shown(call) + ": cancelled", "cancelled");
    case http_end::address_refused:
        return refused_address(call, got.refused);
    case http_end::answered:
    case http_end::failed:
        break;
    }
    return retryable_error(shown(call) + ": " + got.problem, "http_failed");
}

} // namespace tasker::worker
