#include "tasker/testing/http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace tasker::testing {

namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr timeval patience{30, 0};

} // namespace

http_client::http_client(std::string const& address) : socket_{io_} {
    auto const colon = address.rfind(':');
    socket_.connect({asio::ip::make_address(address.substr(0, colon)),
                     static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))});
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    socket_.set_option(asio::ip::tcp::no_delay{true});
}

void http_client::send(std::string_view bytes) {
    // A server that has had enough closes the connection while this sends.
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
}

void http_client::send_in_pieces(std::string_view bytes, std::size_t piece_bytes) {
    while (!bytes.empty()) {
        send(bytes.substr(0, piece_bytes));
        bytes.remove_prefix(std::min(bytes.size(), piece_bytes));
    }
}

void http_client::finish_sending() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

http_reply http_client::receive(bool to_head) {
    auto reply = receive_or_end(to_head);
    if (!reply) {
        throw std::runtime_error{"the server closed the connection instead of answering"};
    }
    return std::move(*reply);
}

std::optional<http_reply> http_client::receive_or_end(bool to_head) {
    beast_http::response_parser<beast_http::string_body> parser;
    parser.eager(true);
    parser.skip(to_head);
    parser.body_limit(boost::none);
    for (;;) {
        boost::system::error_code failure;
        if (!received_.empty()) {
            auto const used = parser.put(asio::buffer(received_), failure);
            received_.erase(0, used);
            if (failure && failure != beast_http::error::need_more) {
                throw std::runtime_error{"no HTTP response: " + failure.message()};
            }
        }
        if (parser.is_done()) {
            break;
        }
        if (!read_some()) {
            if (parser.got_some()) {
                throw std::runtime_error{"the response ended early"};
            }
            return std::nullopt;
        }
    }
    http_reply reply{parser.get().result_int(), {}, std::move(parser.get().body())};
    for (auto const& field : parser.get()) {
        std::string name{field.name_string()};
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        reply.fields.emplace(std::move(name), std::string{field.value()});
    }
    return reply;
}

bool http_client::ends() {
    return received_.empty() && !read_some();
}

http_reply http_client::request(std::string_view method, std::string_view target,
                                std::string_view body, std::string_view content_type,
                                std::string_view more_fields) {
    send(request_text(method, target, body, content_type, more_fields));
    return receive(method == "HEAD");
}

bool http_client::read_some() {
    std::array<char, 16'384> piece{};
    boost::system::error_code failure;
    auto const bytes = socket_.read_some(asio::buffer(piece), failure);
    if (failure == asio::error::would_block || failure == asio::error::try_again) {
        throw std::runtime_error{"the server neither answers nor closes the connection"};
    }
    received_.append(piece.data(), bytes);
    return !failure;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view content_type, std::string_view more_fields) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (!body.empty()) {
        text.append("Content-Type: ").append(content_type).append("\r\nContent-Length: ");
        text.append(std::to_string(body.size())).append("\r\n");
    }
    return text.append(more_fields).append("\r\n").append(body);
}

} // namespace tasker::testing
