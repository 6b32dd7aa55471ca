#include "settings_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace tasker::model {

namespace {

constexpr std::array<std::string_view, 3> handler_keys{"callable", "method", "initialization"};
constexpr std::array<std::string_view, 5> retry_keys{"retryable", "max_attempts", "backoff",
                                                     "backoff_base_ms", "max_backoff_ms"};
constexpr std::array<std::string_view, 4> backoff_names{"none", "linear", "exponential",
                                                        "fibonacci"};

constexpr std::size_t max_callable_length = 256;
constexpr std::int32_t most_attempts = 10'000;
constexpr std::int32_t longest_backoff_ms = 86'400'000;      // a day
constexpr std::int64_t longest_timeout_ms = 24 * 86'400'000; // 24 days: fits into 32 bits

std::optional<std::string> read_callable(reading in, document_path const& path, node_index node) {
    auto const text = read_string(in, path, node);
    if (!text) {
        return std::nullopt;
    }
    bool const fits = !text->empty() && text->size() <= max_callable_length &&
                      std::ranges::all_of(*text, [](char c) { return c > ' ' && c < 0x7f; });
    if (!fits) {
        in.problems.add(path, in.source[node],
                        "must be 1 to 256 printable ASCII characters without spaces");
        return std::nullopt;
    }
    return std::string{*text};
}

std::optional<std::chrono::milliseconds> read_timeout(reading in, document_path const& path,
                                                      node_index index) {
    document_node const& node = in.source[index];
    long double seconds = 0;
    if (auto const* const whole = std::get_if<std::int64_t>(&node.value)) {
        seconds = static_cast<long double>(*whole);
    } else if (auto const* const real = std::get_if<double>(&node.value)) {
        seconds = *real;
    } else if (node.kind == node_kind::integer) {
        seconds = HUGE_VALL;
    } else {
        in.problems.add(path, node, "must be a number, not " + std::string{describe(node.kind)});
        return std::nullopt;
    }
    long double const ms = seconds * 1'000;
    long double const rounded = std::round(ms);
    if (!(rounded >= 1 && rounded <= static_cast<long double>(longest_timeout_ms))) {
        in.problems.add(path, node,
                        "must be from 0.001 to 2073600 seconds, not " + std::string{node.text});
        return std::nullopt;
    }
    if (std::abs(ms - rounded) > 1e-6L) {
        in.problems.add(path, node, "must have at most three decimals");
        return std::nullopt;
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(rounded)};
}

void read_handler(reading in, document_path const& path, node_index node, callable_rule rule,
                  step_settings& out) {
    mapping_reader const handler{in, path, node, handler_keys};
    auto const callable =
        rule == callable_rule::required ? handler.require("callable") : handler.find("callable");
    if (callable) {
        out.callable = read_callable(in, document_path{path, "callable"}, *callable);
    }
    if (auto const method = handler.find("method")) {
        out.method = read_callable(in, document_path{path, "method"}, *method);
    }
    if (auto const initialization = handler.find("initialization")) {
        out.initialization =
            read_free_mapping(in, document_path{path, "initialization"}, *initialization);
    }
}

std::optional<backoff_kind> read_backoff(reading in, document_path const& path, node_index node) {
    auto const text = read_string(in, path, node);
    if (!text) {
        return std::nullopt;
    }
    auto const found = std::ranges::find(backoff_names, *text);
    if (found == backoff_names.end()) {
        in.problems.add(path, in.source[node],
                        "must be none, linear, exponential or fibonacci, not " + shown(*text) +
                            in.problems.suggestion(*text, backoff_names));
        return std::nullopt;
    }
    return static_cast<backoff_kind>(found - backoff_names.begin());
}

/// A key that contradicts another one in the same mapping would have no effect. Overrides of an
/// environment are not contradictions.
void refuse_without_effect(reading in, document_path const& path, mapping_reader const& retry,
                           step_settings const& read) {
    auto const refuse = [&](char const* key, char const* why) {
        if (auto const value = retry.find(key)) {
            in.problems.add(document_path{path, key}, in.source[*value],
                            std::string{"has no effect beside "} + why);
        }
    };
    bool const is_final = read.retryable == false;
    if (is_final && read.max_attempts > 1) {
        refuse("max_attempts", "`retryable: false`");
    }
    if (is_final && read.backoff.value_or(backoff_kind::none) != backoff_kind::none) {
        refuse("backoff", "`retryable: false`");
    }
    if (is_final || read.backoff == backoff_kind::none) {
        auto const* const why = is_final ? "`retryable: false`" : "`backoff: none`";
        refuse("backoff_base_ms", why);
        refuse("max_backoff_ms", why);
    }
}

void read_retry(reading in, document_path const& path, node_index node, step_settings& out) {
    mapping_reader const retry{in, path, node, retry_keys};
    if (auto const value = retry.find("retryable")) {
        out.retryable = read_boolean(in, document_path{path, "retryable"}, *value);
    }
    if (auto const value = retry.find("max_attempts")) {
        out.max_attempts =
            read_integer(in, document_path{path, "max_attempts"}, *value, 1, most_attempts);
    }
    if (auto const value = retry.find("backoff")) {
        out.backoff = read_backoff(in, document_path{path, "backoff"}, *value);
    }
    if (auto const value = retry.find("backoff_base_ms")) {
        out.backoff_base_ms =
            read_integer(in, document_path{path, "backoff_base_ms"}, *value, 0, longest_backoff_ms);
    }
    if (auto const value = retry.find("max_backoff_ms")) {
        out.max_backoff_ms =
            read_integer(in, document_path{path, "max_backoff_ms"}, *value, 0, longest_backoff_ms);
    }
    refuse_without_effect(in, path, retry, out);
}

} // namespace

std::string_view to_string(backoff_kind kind) noexcept {
    return backoff_names[static_cast<std::size_t>(kind)];
}

step_settings read_settings(reading in, document_path const& path, mapping_reader const& step,
                            callable_rule rule) {
    step_settings out;
    auto const handler =
        rule == callable_rule::required ? step.require("handler") : step.find("handler");
    if (handler) {
        read_handler(in, document_path{path, "handler"}, *handler, rule, out);
    }
    if (auto const retry = step.find("retry")) {
        read_retry(in, document_path{path, "retry"}, *retry, out);
    }
    if (auto const timeout = step.find("timeout_seconds")) {
        out.timeout = read_timeout(in, document_path{path, "timeout_seconds"}, *timeout);
    }
    return out;
}

} // namespace tasker::model
