#include "engine_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace tasker::engine {

namespace {

constexpr std::chrono::seconds send_limit{60};

class tcp_connection {
public:
    explicit tcp_connection(std::string_view address)
        : handle_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        auto const colon = address.find(':');
        sockaddr_in peer{};
        peer.sin_family = AF_INET;
        peer.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(std::string{address.substr(colon + 1)})));
        (void)::inet_pton(AF_INET, std::string{address.substr(0, colon)}.c_str(), &peer.sin_addr);
        ::connect(handle_, reinterpret_cast<sockaddr const*>(&peer), sizeof peer);
    }
    tcp_connection(tcp_connection const&) = delete;
    tcp_connection& operator=(tcp_connection const&) = delete;
    ~tcp_connection() {
        ::close(handle_);
    }

    void wait(short events, deadline until) const {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
        pollfd waited{.fd = handle_, .events = events, .revents = 0};
        if (left.count() <= 0 || ::poll(&waited, 1, static_cast<int>(left.count())) != 1) {
            throw std::runtime_error{"the server neither answered nor closed the connection"};
        }
    }

    /// Sends and reads at the same time, because the server may answer before the end.
    std::string exchange(std::string_view bytes, after_sending then, deadline until) const {
        std::string out;
        bool sending = true;
        for (;;) {
            wait(static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), until);
            if (sending) {
                auto const sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent > 0) {
                    bytes.remove_prefix(static_cast<std::size_t>(sent));
                }
                sending = !bytes.empty() && (sent > 0 || errno == EAGAIN);
                if (bytes.empty() && then == after_sending::close) {
                    ::shutdown(handle_, SHUT_WR);
                }
            }
            std::array<char, 16'384> buffer;
            auto const got = ::recv(handle_, buffer.data(), buffer.size(), 0);
            if (got > 0) {
                out.append(buffer.data(), static_cast<std::size_t>(got));
            } else if (got == 0 || errno != EAGAIN) {
                return out;
            }
        }
    }

private:
    int handle_;
};

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

std::optional<std::size_t> content_length(std::string_view head) {
    constexpr std::string_view field = "\r\ncontent-length: ";
    auto const text = lower(head);
    auto const at = text.find(field);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    std::size_t length = 0;
    auto const* const from = text.data() + at + field.size();
    auto const [end, failure] = std::from_chars(from, text.data() + text.size(), length);
    return failure == std::errc{} && *end == '\r' ? std::optional{length} : std::nullopt;
}

} // namespace

std::string exchange(std::string_view address, std::string_view bytes, after_sending then,
                     deadline until) {
    return tcp_connection{address}.exchange(bytes, then, until);
}

std::optional<std::vector<reply>> parse_replies(std::string_view bytes) {
    std::vector<reply> out;
    while (!bytes.empty()) {
        auto const head_end = bytes.find("\r\n\r\n");
        if (!bytes.starts_with("HTTP/1.1 ") || head_end == std::string_view::npos) {
            return std::nullopt;
        }
        auto const head = bytes.substr(0, head_end + 2);
        reply next{.status = std::stoi(std::string{bytes.substr(9, 3)}), .head = std::string{head}};
        bytes.remove_prefix(head_end + 4);
        bool const has_no_body = next.status < 200 || next.status == 204;
        auto const length = has_no_body ? std::optional<std::size_t>{0} : content_length(head);
        if (!length || *length > bytes.size()) {
            return std::nullopt;
        }
        next.body = bytes.substr(0, *length);
        bytes.remove_prefix(*length);
        out.push_back(std::move(next));
    }
    return out;
}

reply send(std::string_view address, request_line const& line, std::string_view body) {
    std::string bytes{line.method};
    bytes.append(" ").append(line.target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    bytes += "Connection: close\r\n";
    if (!line.content_type.empty()) {
        bytes.append("Content-Type: ").append(line.content_type).append("\r\n");
    }
    if (!body.empty() || line.method == "POST") {
        bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    bytes.append("\r\n").append(body);
    auto const replies = parse_replies(
        exchange(address, bytes, after_sending::keep_open, steady_clock::now() + send_limit));
    if (!replies || replies->size() != 1) {
        throw std::runtime_error{"not one answer to " + std::string{line.method} + ' ' +
                                 std::string{line.target}};
    }
    return replies->front();
}

std::optional<wire::error_body> read_envelope(reply const& answer) {
    auto const json = nlohmann::json::parse(answer.body, nullptr, false);
    auto const body = wire::read_error_body(answer.body);
    if (json.is_discarded() || !body || json.size() != 1 || json.at("error").size() != 3 ||
        body->message.empty() || wire::http_status(body->code) != answer.status ||
        lower(answer.head).find("\r\ncontent-type: application/json") == std::string::npos) {
        return std::nullopt;
    }
    bool const whole = std::ranges::all_of(json["error"]["details"], [](auto const& detail) {
        return detail.size() == 2 && detail.at("path").is_string() &&
               !detail.at("problem").template get<std::string>().empty();
    });
    return whole ? std::optional{*body} : std::nullopt;
}

} // namespace tasker::engine
