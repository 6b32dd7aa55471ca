#include "health_server.hpp"

#include "wake_up.hpp"

#include "tasker/base/host_rule.hpp"
#include "tasker/base/version.hpp"
#include "tasker/telemetry/render.hpp"
#include "tasker/wire/error_body.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <charconv>
#include <ctime>
#include <list>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds exchange_limit{10};
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::size_t max_connections = 32;
constexpr std::uint32_t max_header_bytes = 8U << 10U;
constexpr std::uint64_t max_body_bytes = 1U << 10U;

using response = http::response<http::string_body>;

/// The time in the form of the Date field (RFC 9110, 5.6.7).
std::string http_date() {
    auto const now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    auto const size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

response answer(std::string body, char const* type = "application/json") {
    response out{http::status::ok, 11};
    out.set(http::field::content_type, type);
    out.body() = std::move(body);
    return out;
}

response refusal(wire::error_code code, std::string message) {
    response out{static_cast<http::status>(wire::http_status(code)), 11};
    out.set(http::field::content_type, "application/json");
    wire::append(out.body(), {code, std::move(message), {}});
    return out;
}

/// The client sent invalid data, and did not just close the connection.
bool is_malformed(boost::system::error_code const& failure) {
    return failure.category() == boost::system::error_code{http::error::bad_version}.category() &&
           failure != http::error::end_of_stream && failure != http::error::partial_message;
}

wire::error_code code_of(boost::system::error_code const& malformed) {
    if (malformed == http::error::body_limit) {
        return wire::error_code::payload_too_large;
    }
    return malformed == http::error::header_limit ? wire::error_code::headers_too_large
                                                  : wire::error_code::invalid_request;
}

/// Why the host of a request is refused; none if it is allowed.
std::optional<response> host_refusal(http::request<http::string_body> const& request,
                                     host_rule const& hosts) {
    auto const fields = request.count(http::field::host);
    std::string_view authority = request[http::field::host];
    if (fields > 1 || (fields == 0 && request.version() >= 11) ||
        !host_rule::is_well_formed(authority)) {
        return refusal(wire::error_code::invalid_request,
                       "the Host field must be given once, and be a host name or an IP address, "
                       "with or without a port");
    }
    if (auto const absolute = parse_absolute_target(request.target())) {
        authority = absolute->authority;
    }
    if (!hosts.admits(authority)) {
        return refusal(wire::error_code::misdirected_request, hosts.refusal(authority));
    }
    return std::nullopt;
}

response route(http::request<http::string_body> const& request, health_answers const& answers) {
    std::string_view const target = request.target();
    auto const absolute = parse_absolute_target(target);
    auto const with_query = absolute ? absolute->path : target;
    auto const path = with_query.substr(0, with_query.find('?'));
    auto const is_known = path == "/health" || path == "/health/live" || path == "/health/ready" ||
                          path == "/metrics";
    if (!is_known) {
        return refusal(
            wire::error_code::not_found,
            "not found; the paths are /health, /health/live, /health/ready and /metrics");
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
        auto out =
            refusal(wire::error_code::method_not_allowed, "method not allowed; use GET or HEAD");
        out.set(http::field::allow, "GET, HEAD");
        return out;
    }
    if (path == "/metrics") {
        return answer(answers.metrics(), telemetry::content_type);
    }
    if (path != "/health/live" && !answers.is_ready()) {
        return refusal(wire::error_code::unavailable,
                       "the worker is starting or stopping, or the database does not respond");
    }
    return answer(R"({"status":"ok","version":")" + std::string{version()} + "\"}");
}

response answer_to(http::request<http::string_body> const& request, health_answers const& answers,
                   host_rule const& hosts) {
    auto refused = host_refusal(request, hosts);
    return refused ? std::move(*refused) : route(request, answers);
}

std::optional<asio::ip::tcp::endpoint> parse_endpoint(std::string_view address) {
    auto const colon = address.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    auto host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    auto const port_text = address.substr(colon + 1);
    std::uint16_t port = 0;
    auto const* const end = port_text.data() + port_text.size();
    auto const [rest, failure] = std::from_chars(port_text.data(), end, port);
    boost::system::error_code code;
    auto const ip = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, code);
    if (code || port_text.empty() || failure != std::errc{} || rest != end) {
        return std::nullopt;
    }
    return asio::ip::tcp::endpoint{ip, port};
}

} // namespace

struct health_server::state {
    state(asio::any_io_executor const& on, health_answers with, std::vector<std::string> allowed)
        : acceptor{on},
          retry{on},
          ended{on},
          answers{std::move(with)},
          hosts{"health.allowed_hosts", std::move(allowed)} {}

    static asio::awaitable<void> serve(std::shared_ptr<state> self,
                                       std::list<beast::tcp_stream>::iterator connection);
    static asio::awaitable<bool> exchange(std::shared_ptr<state> self, beast::tcp_stream& with,
                                          beast::flat_buffer& buffer);

    asio::ip::tcp::acceptor acceptor;
    wake_up retry;
    wake_up ended;
    health_answers answers;
    host_rule hosts;
    std::list<beast::tcp_stream> connections;
    bool is_stopped = false;
};

result<health_server> health_server::open(asio::any_io_executor executor,
                                          std::string const& address, health_answers answers,
                                          std::vector<std::string> allowed_hosts) {
    auto const endpoint = parse_endpoint(address);
    if (!endpoint) {
        return make_error(errc::invalid_argument,
                          "the address to listen on must be IP:PORT, not \"" + address + '"');
    }
    auto opened = std::make_shared<state>(executor, std::move(answers), std::move(allowed_hosts));
    auto& acceptor = opened->acceptor;
    boost::system::error_code failure;
    acceptor.open(endpoint->protocol(), failure);
    if (!failure) {
        acceptor.set_option(asio::socket_base::reuse_address{true}, failure);
        acceptor.bind(*endpoint, failure);
    }
    if (!failure) {
        acceptor.listen(asio::socket_base::max_listen_connections, failure);
    }
    if (failure) {
        return make_error(errc::unavailable,
                          "cannot listen on " + address + ": " + failure.message());
    }
    return health_server{std::move(opened)};
}

health_server::health_server(std::shared_ptr<state> opened) noexcept : state_{std::move(opened)} {}

health_server::health_server(health_server&&) noexcept = default;
health_server& health_server::operator=(health_server&&) noexcept = default;
health_server::~health_server() = default;

std::string health_server::address() const {
    auto const bound = state_->acceptor.local_endpoint();
    auto const ip = bound.address().to_string();
    return (bound.address().is_v6() ? '[' + ip + ']' : ip) + ':' + std::to_string(bound.port());
}

void health_server::stop() {
    state_->is_stopped = true;
    state_->acceptor.close();
    state_->retry.ring();
    for (auto& each : state_->connections) {
        each.close();
    }
}

asio::awaitable<void> health_server::run_until_stopped() {
    auto const self = state_;
    while (!self->is_stopped) {
        auto [failure, socket] =
            co_await self->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (failure) {
            if (!self->is_stopped) { // for example out of descriptors
                co_await self->retry.wait(steady_clock::now() + accept_pause);
            }
        } else if (self->connections.size() < max_connections) {
            auto const place =
                self->connections.emplace(self->connections.end(), std::move(socket));
            asio::co_spawn(self->acceptor.get_executor(), state::serve(self, place),
                           [self, place](std::exception_ptr const&) {
                               self->connections.erase(place);
                               self->ended.ring();
                           });
        }
    }
    while (!self->connections.empty()) {
        co_await self->ended.wait();
    }
}

asio::awaitable<void>
health_server::state::serve(std::shared_ptr<state> self,
                            std::list<beast::tcp_stream>::iterator connection) {
    beast::flat_buffer buffer;
    while (!self->is_stopped && co_await exchange(self, *connection, buffer)) {
    }
}

/// Handles one request; false if the connection must be closed.
asio::awaitable<bool> health_server::state::exchange(std::shared_ptr<state> self,
                                                     beast::tcp_stream& with,
                                                     beast::flat_buffer& buffer) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(max_header_bytes);
    parser.body_limit(max_body_bytes);
    with.expires_after(exchange_limit);
    auto const [failure, size] =
        co_await http::async_read(with, buffer, parser, asio::as_tuple(asio::use_awaitable));
    if (failure && !is_malformed(failure)) {
        co_return false;
    }
    auto out = failure ? refusal(code_of(failure), failure.message())
                       : answer_to(parser.get(), self->answers, self->hosts);
    auto const is_head = !failure && parser.get().method() == http::verb::head;
    out.set(http::field::date, http_date());
    out.keep_alive(!failure && parser.get().keep_alive());
    out.prepare_payload();
    if (is_head) {
        out.body().clear(); // Content-Length is the same as for GET
    }
    with.expires_after(exchange_limit);
    auto const [write_failure, written] =
        co_await http::async_write(with, out, asio::as_tuple(asio::use_awaitable));
    co_return !write_failure && out.keep_alive();
}

} // namespace tasker::worker
