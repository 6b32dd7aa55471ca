#include "builtin/builtin.hpp"
#include "builtin/http_url.hpp"
#include "builtin/initialization.hpp"
#include "builtin/placeholders.hpp"

#include "tasker/base/time.hpp"
#include "tasker/base/version.hpp"
#include "tasker/wire/json_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace tasker::worker {

namespace {

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::size_t quoted_bytes = 500;
constexpr std::uint32_t max_header_bytes = 64U << 10U;

struct plan {
    std::string
        shown; ///< "GET http://host/path", for failures: without the query, which may be secret
    http_url url;
    request message;
    std::vector<std::int64_t> expected; ///< empty: any 2xx
    std::chrono::milliseconds timeout{0};
    std::size_t max_response_bytes = 0;
};

void add_headers(request& to, step_context const& step, nlohmann::json const& headers) {
    if (!headers.is_object()) {
        initialization::refuse("\"headers\" must be an object");
    }
    for (auto const& [name, value] : headers.items()) {
        if (!value.is_string()) {
            initialization::refuse("header \"" + name + "\" must be a string");
        }
        auto const text = fill_text(step, value.get_ref<std::string const&>(), embedding::text);
        auto const is_control = [](char each) {
            return (static_cast<unsigned char>(each) < ' ' && each != '\t') || each == '\x7f';
        };
        auto const is_token = [](char each) {
            return each > ' ' && each < '\x7f' &&
                   std::string_view{"()<>@,;:\\\"/[]?={}"}.find(each) == std::string_view::npos;
        };
        if (name.empty() || !std::ranges::all_of(name, is_token) ||
            std::ranges::any_of(text, is_control)) {
            initialization::refuse("header \"" + name + "\" cannot be sent in HTTP");
        }
        to.set(name, text);
    }
}

void add_body(request& to, step_context const& step, nlohmann::json const& body) {
    if (body.is_string()) {
        auto const filled = fill_json(step, body);
        to.body() = filled.is_string() ? filled.get<std::string>() : filled.dump();
    } else {
        to.body() = fill_json(step, body).dump();
        if (to.find(http::field::content_type) == to.end()) {
            to.set(http::field::content_type, "application/json");
        }
    }
}

http::verb verb_of(std::string const& method) {
    auto const verb = http::string_to_verb(method);
    constexpr std::array known{http::verb::get,    http::verb::head,  http::verb::post,
                               http::verb::put,    http::verb::patch, http::verb::delete_,
                               http::verb::options};
    if (std::ranges::find(known, verb) == known.end()) {
        initialization::refuse(
            "\"method\" must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, not \"" + method +
            '"');
    }
    return verb;
}

plan read_plan(http_settings const& options, step_context const& step) {
    initialization keys{step};
    plan out;
    auto const url = fill_text(step, keys.text("url"), embedding::url);
    auto parsed = parse_http_url(url);
    if (!parsed) {
        initialization::refuse("\"url\" " + parsed.error().message);
    }
    out.url = std::move(*parsed);
    auto const* const body = keys.find("body");
    auto const method = keys.text("method", body == nullptr ? "GET" : "POST");
    out.message = request{verb_of(method), out.url.target, 11};
    out.message.set(http::field::host, out.url.authority);
    out.message.set(http::field::user_agent, "tasker/" + std::string{version()});
    out.message.set(http::field::accept, "application/json, */*");
    // The same on every attempt, so that the other side can tell a repetition.
    out.message.set("Idempotency-Key", step.idempotency_key());
    if (auto const* const headers = keys.find("headers")) {
        add_headers(out.message, step, *headers);
    }
    if (body != nullptr) {
        add_body(out.message, step, *body);
    }
    out.message.set(http::field::connection, "close");
    out.message.prepare_payload();
    out.expected = keys.integers("expect_status", {});
    out.timeout =
        std::chrono::milliseconds{keys.integer("timeout_ms", options.timeout_ms, 1, day_ms)};
    out.max_response_bytes = static_cast<std::size_t>(keys.integer(
        "max_response_bytes", options.max_response_bytes, 0, options.max_response_bytes));
    keys.finish();
    out.shown = method + " http://" + out.url.authority +
                out.url.target.substr(0, out.url.target.find('?'));
    return out;
}

asio::awaitable<response> exchange(plan what) {
    auto const executor = co_await asio::this_coro::executor;
    beast::tcp_stream stream{executor};
    boost::system::error_code is_a_name;
    auto const address = asio::ip::make_address(what.url.host, is_a_name);
    if (is_a_name) {
        asio::ip::tcp::resolver resolver{executor};
        auto const found = co_await resolver.async_resolve(
            what.url.host, std::to_string(what.url.port), asio::use_awaitable);
        co_await stream.async_connect(found, asio::use_awaitable);
    } else {
        asio::ip::tcp::endpoint const endpoint{address, what.url.port};
        co_await stream.async_connect(endpoint, asio::use_awaitable);
    }
    co_await http::async_write(stream, what.message, asio::use_awaitable);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.header_limit(max_header_bytes);
    parser.body_limit(what.max_response_bytes);
    parser.skip(what.message.method() == http::verb::head);
    co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    co_return parser.release();
}

/// Null if the time was up or the step was cancelled first. Throws what exchange() throws.
std::optional<response> send(plan const& what, std::stop_token const& stop) {
    std::optional<response> received;
    std::exception_ptr failure;
    asio::io_context io{1};
    std::stop_callback const cancel{stop, [&io] { io.stop(); }};
    asio::co_spawn(io, exchange(what), [&](std::exception_ptr thrown, response got) {
        failure = std::move(thrown);
        if (!failure) {
            received = std::move(got);
        }
    });
    io.run_for(what.timeout);
    if (failure) {
        std::rethrow_exception(failure);
    }
    return received;
}

/// In seconds only; a date would depend on this host's clock.
std::optional<std::chrono::milliseconds> retry_after(response const& from) {
    auto const text = std::string_view{from[http::field::retry_after]};
    std::int64_t seconds = 0;
    auto const* const end = text.data() + text.size();
    auto const [stopped, failure] = std::from_chars(text.data(), end, seconds);
    if (text.empty() || failure != std::errc{} || stopped != end || seconds < 0) {
        return std::nullopt;
    }
    return std::chrono::seconds{std::min(seconds, day_ms / 1'000)};
}

bool may_pass(unsigned status) {
    constexpr std::array passing{408U, 425U, 429U};
    return status >= 500 || std::ranges::find(passing, status) != passing.end();
}

bool is_json(response const& from) {
    std::string type{from[http::field::content_type]};
    type = type.substr(0, type.find(';'));
    type.erase(type.find_last_not_of(" \t") + 1);
    std::ranges::transform(type, type.begin(), [](unsigned char each) {
        return static_cast<char>(std::tolower(each));
    });
    return type == "application/json" || type.ends_with("+json");
}

step_result to_result(plan const& asked, response const& got) {
    auto const status = got.result_int();
    auto const is_expected =
        asked.expected.empty()
            ? status / 100 == 2
            : std::ranges::find(asked.expected, std::int64_t{status}) != asked.expected.end();
    if (!is_expected) {
        auto message = asked.shown + " answered " + std::to_string(status) + ' ' +
                       std::string{got.reason()} + ": " + got.body().substr(0, quoted_bytes);
        return may_pass(status)
                   ? retryable_error(std::move(message), "http_status", retry_after(got))
                   : permanent_error(std::move(message), "http_status");
    }
    nlohmann::json result{{"status", status}, {"headers", nlohmann::json::object()}};
    for (auto const& field : got) {
        std::string name{field.name_string()};
        std::ranges::transform(name, name.begin(), [](unsigned char each) {
            return static_cast<char>(std::tolower(each));
        });
        result["headers"][name] = wire::to_utf8(field.value());
    }
    if (!is_json(got) || got.body().empty()) {
        result["body"] = wire::to_utf8(got.body());
        return result;
    }
    auto body = nlohmann::json::parse(got.body(), nullptr, false);
    if (body.is_discarded()) {
        return retryable_error(asked.shown + " answered with JSON that is not JSON",
                               "invalid_response");
    }
    result["body"] = std::move(body);
    return result;
}

} // namespace

step_result run_http(http_settings const& options, step_context const& step) {
    auto const what = read_plan(options, step);
    try {
        if (auto const got = send(what, step.stop_token())) {
            return to_result(what, *got);
        }
    } catch (boost::system::system_error const& failure) {
        if (failure.code() == http::error::body_limit) {
            return permanent_error(what.shown + " answered with more than " +
                                       std::to_string(what.max_response_bytes) + " bytes",
                                   "response_too_large");
        }
        return retryable_error(what.shown + ": " + failure.code().message(), "http_failed");
    }
    if (step.is_cancelled()) {
        return retryable_error(what.shown + ": cancelled", "cancelled");
    }
    return retryable_error(what.shown + " did not answer within " +
                               std::to_string(what.timeout.count()) + " ms",
                           "http_timeout");
}

} // namespace tasker::worker
