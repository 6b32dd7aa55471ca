#include "tasker/measure/http.hpp"

#include "tasker/measure/clock.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tasker::measure {

namespace {

constexpr int receive_limit_s = 320;

[[noreturn]] void throw_errno(char const* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

template <class Number>
Number parse_number(std::string_view text, char const* what) {
    Number value{};
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument{std::string{what} + ": \"" + std::string{text} + '"'};
    }
    return value;
}

} // namespace

address parse_address(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (text.starts_with(scheme)) {
        text.remove_prefix(scheme.size());
    }
    if (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        throw std::invalid_argument{"an address is host:port, not \"" + std::string{text} + '"'};
    }
    auto host = std::string{text.substr(0, colon)};
    return {.host = host == "localhost" ? "127.0.0.1" : std::move(host),
            .port = parse_number<std::uint16_t>(text.substr(colon + 1), "not a port")};
}

std::string make_request(std::string_view method, std::string_view target,
                         std::string_view content_type, std::string_view body) {
    std::string out;
    out.reserve(128 + target.size() + body.size());
    out.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (!content_type.empty()) {
        out.append("Content-Type: ").append(content_type);
        out.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    return out.append("\r\n").append(body);
}

std::optional<response_frame> find_response(std::string_view received) {
    auto const head_end = received.find("\r\n\r\n");
    if (head_end == std::string_view::npos) {
        return std::nullopt;
    }
    auto const head = received.substr(0, head_end + 2);
    ensure(head.starts_with("HTTP/1.1 ") && head.size() >= 14, "the answer is not HTTP/1.1");
    constexpr std::string_view field = "\r\nContent-Length: ";
    auto const length_at = head.find(field);
    ensure(length_at != std::string_view::npos, "the answer has no Content-Length");
    auto const value_at = length_at + field.size();
    auto const body_size = parse_number<std::size_t>(
        head.substr(value_at, head.find('\r', value_at) - value_at), "not a Content-Length");
    response_frame const frame{.status = parse_number<int>(head.substr(9, 3), "not a status"),
                               .body_at = head_end + 4,
                               .size = head_end + 4 + body_size};
    return received.size() < frame.size ? std::nullopt : std::optional{frame};
}

stream_socket::stream_socket(address const& peer)
    : handle_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(peer.port);
    if (::inet_pton(AF_INET, peer.host.c_str(), &target.sin_addr) != 1) {
        ::close(handle_);
        throw std::invalid_argument{"not an IPv4 address: " + peer.host};
    }
    int const yes = 1;
    if (handle_ < 0 ||
        ::connect(handle_, reinterpret_cast<sockaddr const*>(&target), sizeof target) != 0 ||
        ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0) {
        int const failure = errno;
        ::close(handle_);
        throw std::system_error{failure, std::generic_category(), "connect to the orchestrator"};
    }
}

stream_socket::stream_socket(stream_socket&& other) noexcept
    : handle_{std::exchange(other.handle_, -1)} {}

stream_socket::~stream_socket() {
    if (handle_ >= 0) {
        ::close(handle_);
    }
}

http_connection::http_connection(address const& peer) : socket_{peer} {
    timeval const limit{.tv_sec = receive_limit_s, .tv_usec = 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

response http_connection::exchange(std::string_view request) {
    while (!request.empty()) {
        auto const sent =
            ::send(socket_.native_handle(), request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            throw_errno("send");
        }
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
    received_.clear();
    std::array<char, 65'536> buffer;
    for (;;) {
        auto const got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
        if (got < 0) {
            throw_errno("receive");
        }
        ensure(got != 0, "the orchestrator closed the connection");
        received_.append(buffer.data(), static_cast<std::size_t>(got));
        if (auto const frame = find_response(received_)) {
            return {.status = frame->status,
                    .body = received_.substr(frame->body_at, frame->size - frame->body_at)};
        }
    }
}

std::string http_connection::expect(int status, std::string_view request) {
    auto answer = exchange(request);
    if (answer.status != status) {
        throw std::runtime_error{"the orchestrator answered " + std::to_string(answer.status) +
                                 " to " + std::string{request.substr(0, request.find(" HTTP"))} +
                                 ": " + answer.body.substr(0, 500)};
    }
    return std::move(answer.body);
}

} // namespace tasker::measure
