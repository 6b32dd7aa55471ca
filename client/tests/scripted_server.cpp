#include "scripted_server.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/socket.h>

#include <utility>

namespace tasker::client {

namespace asio = boost::asio;
namespace http = boost::beast::http;

scripted_server::scripted_server(script answers)
    : answers_{std::move(answers)},
      acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}},
      thread_{[this] { serve(); }} {}

scripted_server::~scripted_server() {
    {
        std::lock_guard const lock{mutex_};
        is_stopping_ = true;
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        if (peer_handle_ >= 0) {
            ::shutdown(peer_handle_, SHUT_RDWR);
        }
    }
    thread_.join();
}

std::string scripted_server::url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

std::size_t scripted_server::connections() const {
    std::lock_guard const lock{mutex_};
    return connections_;
}

std::vector<scripted_server::request> scripted_server::requests() const {
    std::lock_guard const lock{mutex_};
    return requests_;
}

void scripted_server::serve() {
    for (;;) {
        asio::ip::tcp::socket peer{context_};
        boost::system::error_code failed;
        acceptor_.accept(peer, failed);
        {
            std::lock_guard const lock{mutex_};
            if (failed || is_stopping_) {
                return;
            }
            ++connections_;
            peer_handle_ = peer.native_handle();
        }
        serve_connection(peer);
        std::lock_guard const lock{mutex_};
        peer_handle_ = -1;
    }
}

void scripted_server::serve_connection(asio::ip::tcp::socket& peer) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code failed;
    for (;;) {
        http::request<http::string_body> message;
        http::read(peer, buffer, message, failed);
        if (failed) {
            return;
        }
        request received{std::string{message.method_string()} + ' ' + std::string{message.target()},
                         std::string{message[http::field::content_type]},
                         std::string{message[http::field::host]}, message.body()};
        auto const answer = answers_(received);
        {
            std::lock_guard const lock{mutex_};
            requests_.push_back(std::move(received));
        }
        if (answer.breaks_before) {
            return;
        }
        if (!answer.raw.empty()) {
            asio::write(peer, asio::buffer(answer.raw), failed);
            return;
        }
        if (answer.stays_silent) {
            continue;
        }
        http::response<http::string_body> response{
            http::int_to_status(static_cast<unsigned>(answer.status)), 11, answer.body};
        response.keep_alive(true);
        response.prepare_payload();
        http::write(peer, response, failed);
        if (failed || answer.closes_after) {
            return;
        }
    }
}

} // namespace tasker::client
